// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Sig} from "../Types.sol";

/// @notice Holds the collateral of one chain. Tokens are let in one by one by the operators; what arrives is measured,
/// what leaves is pulled and rate-limited.
///
/// Rail units: 10^-railScale of the token. One rail unit is 10^(tokenDecimals - railScale) token units.
/// EIP-712 domain: name "Novate CollateralVault", version "1". Times are Unix seconds.
interface ICollateralVault {
    /// @notice A token as the operators registered it.
    /// @param token the ERC-20
    /// @param ledger the SettlementLedger of this token; one token has one ledger and the other way round
    /// @param tokenDecimals decimals of the token
    /// @param railScale decimals of a rail unit, at most tokenDecimals, at most 36 below it
    /// @param cap most rail units held at a time, below 2^95
    /// @param hourlyBps claims per hour, in 1/10,000 of what was held when the hour began
    /// @param dailyBps claims per day, in 1/10,000 of what was held when the day began
    /// @param claimFloor rail units per hour and per day that can be claimed whatever the share
    struct TokenConfig {
        address token;
        address ledger;
        uint8 tokenDecimals;
        uint8 railScale;
        uint96 cap;
        uint16 hourlyBps;
        uint16 dailyBps;
        uint96 claimFloor;
    }

    /// @notice Deposits of the token are taken from now on.
    event TokenRegistered(address indexed token, address indexed ledger, uint8 tokenDecimals, uint8 railScale);
    /// @notice A deposit arrived and is credited on chain; the clearing house books it once it is final.
    /// @param number of the token's deposits: 1, 2, 3 ...
    /// @param amount rail units
    event Deposited(
        address indexed token, uint64 indexed number, uint32 indexed index, address from, uint256 amount
    );
    /// @notice A batch made money claimable; rail units.
    event Allotted(address indexed token, address indexed to, uint256 amount);
    /// @notice Claimable money was paid; rail units.
    event Claimed(address indexed token, address indexed to, uint256 amount);
    /// @notice A forced exit was paid; rail units.
    event ExitPaid(address indexed token, address indexed to, uint256 amount);

    /// @notice A guardian's pause is on.
    error Paused();
    /// @notice The token is not registered here.
    error UnregisteredToken(address token);
    /// @notice The token or the ledger is registered already.
    error AlreadyRegistered(address token, address ledger);
    /// @notice The ledger is not of this vault and token, or a number is out of range.
    error InvalidConfig();
    /// @notice The token says it has other decimals.
    error DecimalsMismatch(uint8 have, uint8 want);
    /// @notice What arrived is nothing, or no whole number of rail units; token units.
    error NotAMultiple(uint256 received, uint256 unit);
    /// @notice The vault would hold more than its cap; rail units.
    error AboveCap(uint256 held, uint256 cap);
    /// @notice Less is claimable; rail units.
    error NotClaimable(uint256 have, uint256 want);
    /// @notice The limit of this hour or day is used up; what is left, rail units.
    error RateLimited(uint256 left, uint256 want);
    /// @notice More left the vault than was paid; token units.
    error UnexpectedTransfer(uint256 left, uint256 want);
    /// @notice The caller is no registered ledger.
    error Unauthorized(address caller);

    /// @notice How a token is registered; all zero if it is not.
    function config(address token) external view returns (TokenConfig memory);
    /// @notice Number of deposits of a token so far.
    function deposits(address token) external view returns (uint64);
    /// @notice Rail units the vault owes: all accounts' balances plus all that is claimable.
    function held(address token) external view returns (uint128);
    /// @notice Rail units that are claimable, over all addresses.
    function totalClaimable(address token) external view returns (uint128);
    /// @notice Rail units `to` can claim.
    function claimable(address token, address to) external view returns (uint128);
    /// @notice Rail units of the accounts' balances that the vault's tokens cover once all that is claimable is set
    /// aside. Below the sum of the balances only if the token took money away.
    function coverOf(address token) external view returns (uint128);

    /// @notice Lets a token in. Anyone may call.
    /// Signed: `TokenRegistration(address token,address ledger,uint8 tokenDecimals,uint8 railScale,uint96 cap,
    /// uint16 hourlyBps,uint16 dailyBps,uint96 claimFloor,uint64 deadline)`, without the blank.
    /// @param deadline at most 7 days ahead
    /// @dev Reverts: DeadlineExpired, DeadlineTooFar, AlreadyRegistered, InvalidConfig, DecimalsMismatch, and those of
    /// OperatorRegistry.checkQuorum.
    function registerToken(TokenConfig calldata c, uint64 deadline, Sig[] calldata sigs) external;

    /// @notice Changes how much of a token is held and claimed. Anyone may call.
    /// Signed: `TokenLimits(address token,uint96 cap,uint16 hourlyBps,uint16 dailyBps,uint96 claimFloor,uint64 nonce,
    /// uint64 deadline)`, without the blank; nonce counts the changes of the token from 0.
    /// @dev Reverts: UnregisteredToken, DeadlineExpired, DeadlineTooFar, InvalidConfig, and those of
    /// OperatorRegistry.checkQuorum.
    function setLimits(
        address token,
        uint96 cap,
        uint16 hourlyBps,
        uint16 dailyBps,
        uint96 claimFloor,
        uint64 deadline,
        Sig[] calldata sigs
    ) external;

    /// @notice Takes `amount` token units from the caller and credits what arrived to a settlement account.
    /// @dev Reverts: Paused, UnregisteredToken, NotAMultiple, AboveCap, and those of SettlementLedger.credit.
    function deposit(address token, uint32 index, uint256 amount) external;

    /// @notice The same with an ERC-2612 permit. A permit used by somebody else before is no obstacle.
    function depositWithPermit(
        address token,
        uint32 index,
        uint256 amount,
        uint256 deadline,
        uint8 v,
        bytes32 r,
        bytes32 s
    ) external;

    /// @notice Makes rail units claimable. By the token's ledger, in a batch.
    /// @dev Reverts: Unauthorized.
    function allot(address to, uint128 amount) external;

    /// @notice Pays `amount` rail units of what is claimable to `to`. Anyone may call.
    /// @dev Reverts: Paused, UnregisteredToken, NotClaimable, RateLimited, UnexpectedTransfer.
    function claim(address token, address to, uint128 amount) external;

    /// @notice Pays an exit, rail units; neither paused nor limited. By the token's ledger.
    /// @dev Reverts: Unauthorized, UnexpectedTransfer.
    function pay(address to, uint128 amount) external;
}
