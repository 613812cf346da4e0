// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {IERC20Metadata} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Metadata.sol";
import {IERC20Permit} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Permit.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {ICollateralVault} from "./interfaces/ICollateralVault.sol";
import {IGuardian} from "./interfaces/IGuardian.sol";
import {IOperatorRegistry} from "./interfaces/IOperatorRegistry.sol";
import {ISettlementLedger} from "./interfaces/ISettlementLedger.sol";
import {Deadlines} from "./libraries/Deadlines.sol";
import {Sig} from "./Types.sol";

/// @notice What it does, its units and its reverts: ICollateralVault.
contract CollateralVault is ICollateralVault, EIP712, ReentrancyGuardTransient {
    using SafeERC20 for IERC20;

    /// @dev What was claimed in an hour or a day, and how much may be, fixed when its first claim comes.
    struct Window {
        uint64 number;
        uint96 limit;
        uint96 used;
    }

    /// @dev held includes claimable; both in rail units.
    struct Books {
        uint128 held;
        uint128 claimable;
        uint64 deposits;
        uint64 limitChanges;
        Window hour;
        Window day;
    }

    bytes32 private constant REGISTRATION_TYPEHASH = keccak256(
        "TokenRegistration(address token,address ledger,uint8 tokenDecimals,uint8 railScale,uint96 cap,uint16 hourlyBps,uint16 dailyBps,uint96 claimFloor,uint64 deadline)"
    );
    bytes32 private constant LIMITS_TYPEHASH = keccak256(
        "TokenLimits(address token,uint96 cap,uint16 hourlyBps,uint16 dailyBps,uint96 claimFloor,uint64 nonce,uint64 deadline)"
    );
    uint256 private constant BPS = 10_000;
    uint256 private constant MAX_CAP = (1 << 95) - 1;
    uint256 private constant MAX_SCALE_GAP = 36;

    IOperatorRegistry public immutable registry;
    IGuardian public immutable guardian;

    mapping(address token => TokenConfig) private _configs;
    mapping(address token => Books) private _books;
    mapping(address ledger => address token) public tokenOf;
    mapping(address token => mapping(address to => uint128)) public claimable;

    constructor(IOperatorRegistry registry_, IGuardian guardian_) EIP712("Novate CollateralVault", "1") {
        registry = registry_;
        guardian = guardian_;
    }

    modifier whenOpen() {
        if (guardian.paused()) revert Paused();
        _;
    }

    function config(address token) external view returns (TokenConfig memory) {
        return _configs[token];
    }

    function deposits(address token) external view returns (uint64) {
        return _books[token].deposits;
    }

    function held(address token) external view returns (uint128) {
        return _books[token].held;
    }

    function totalClaimable(address token) external view returns (uint128) {
        return _books[token].claimable;
    }

    /// @notice Changes of a token's limits so far: the nonce of the next.
    function limitChanges(address token) external view returns (uint64) {
        return _books[token].limitChanges;
    }

    function coverOf(address token) external view returns (uint128) {
        Books storage books = _books[token];
        uint256 has = IERC20(token).balanceOf(address(this)) / _unit(_registered(token));
        if (has > books.held) has = books.held;
        return has > books.claimable ? uint128(has - books.claimable) : 0;
    }

    function registerToken(TokenConfig calldata c, uint64 deadline, Sig[] calldata sigs) external {
        Deadlines.check(deadline, Deadlines.GOVERNANCE);
        if (_configs[c.token].token != address(0) || tokenOf[c.ledger] != address(0)) {
            revert AlreadyRegistered(c.token, c.ledger);
        }
        registry.checkQuorum(_hashTypedDataV4(keccak256(abi.encode(REGISTRATION_TYPEHASH, c, deadline))), sigs);
        _checkConfig(c);
        _configs[c.token] = c;
        tokenOf[c.ledger] = c.token;
        emit TokenRegistered(c.token, c.ledger, c.tokenDecimals, c.railScale);
    }

    function setLimits(
        address token,
        uint96 cap,
        uint16 hourlyBps,
        uint16 dailyBps,
        uint96 claimFloor,
        uint64 deadline,
        Sig[] calldata sigs
    ) external {
        TokenConfig storage c = _registered(token);
        Deadlines.check(deadline, Deadlines.GOVERNANCE);
        _checkLimits(cap, hourlyBps, dailyBps);
        uint64 nonce = _books[token].limitChanges++;
        bytes32 message =
            keccak256(abi.encode(LIMITS_TYPEHASH, token, cap, hourlyBps, dailyBps, claimFloor, nonce, deadline));
        registry.checkQuorum(_hashTypedDataV4(message), sigs);
        (c.cap, c.hourlyBps, c.dailyBps, c.claimFloor) = (cap, hourlyBps, dailyBps, claimFloor);
    }

    function deposit(address token, uint32 index, uint256 amount) public nonReentrant whenOpen {
        TokenConfig storage c = _registered(token);
        uint256 before = IERC20(token).balanceOf(address(this));
        IERC20(token).safeTransferFrom(msg.sender, address(this), amount);
        uint256 received = IERC20(token).balanceOf(address(this)) - before;
        uint256 unit = _unit(c);
        uint256 units = received / unit;
        if (units == 0 || units * unit != received) revert NotAMultiple(received, unit);
        Books storage books = _books[token];
        uint256 holds = books.held + units;
        if (holds > c.cap) revert AboveCap(holds, c.cap);
        books.held = uint128(holds);
        uint64 number = ++books.deposits;
        ISettlementLedger(c.ledger).credit(index, uint96(units));
        emit Deposited(token, number, index, msg.sender, units);
    }

    function depositWithPermit(
        address token,
        uint32 index,
        uint256 amount,
        uint256 deadline,
        uint8 v,
        bytes32 r,
        bytes32 s
    ) external {
        _registered(token);
        // Whoever saw the permit could have used it first; the allowance is there then, and if not the transfer fails.
        try IERC20Permit(token).permit(msg.sender, address(this), amount, deadline, v, r, s) {} catch {}
        deposit(token, index, amount);
    }

    function allot(address to, uint128 amount) external {
        address token = _tokenOfCaller();
        claimable[token][to] += amount;
        _books[token].claimable += amount;
        emit Allotted(token, to, amount);
    }

    function claim(address token, address to, uint128 amount) external nonReentrant whenOpen {
        TokenConfig storage c = _registered(token);
        uint128 have = claimable[token][to];
        if (amount == 0 || have < amount) revert NotClaimable(have, amount);
        Books storage books = _books[token];
        _spend(books.hour, 1 hours, books.held, c.hourlyBps, c.claimFloor, amount);
        _spend(books.day, 1 days, books.held, c.dailyBps, c.claimFloor, amount);
        claimable[token][to] = have - amount;
        books.claimable -= amount;
        books.held -= amount;
        emit Claimed(token, to, amount);
        _send(c, to, amount);
    }

    function pay(address to, uint128 amount) external nonReentrant {
        address token = _tokenOfCaller();
        _books[token].held -= amount;
        emit ExitPaid(token, to, amount);
        _send(_configs[token], to, amount);
    }

    function _send(TokenConfig storage c, address to, uint128 amount) private {
        IERC20 token = IERC20(c.token);
        uint256 want = amount * _unit(c);
        uint256 before = token.balanceOf(address(this));
        token.safeTransfer(to, want);
        uint256 left = before - token.balanceOf(address(this));
        if (left != want) revert UnexpectedTransfer(left, want);
    }

    function _spend(Window storage w, uint256 period, uint256 holds, uint16 bps, uint96 claimFloor, uint128 amount)
        private
    {
        uint64 number = uint64(block.timestamp / period);
        if (w.number != number) {
            uint256 share = holds * bps / BPS;
            (w.number, w.limit, w.used) = (number, share > claimFloor ? uint96(share) : claimFloor, 0);
        }
        uint256 left = w.limit - w.used;
        if (amount > left) revert RateLimited(left, amount);
        w.used += uint96(amount);
    }

    function _tokenOfCaller() private view returns (address token) {
        token = tokenOf[msg.sender];
        if (token == address(0)) revert Unauthorized(msg.sender);
    }

    function _registered(address token) private view returns (TokenConfig storage c) {
        c = _configs[token];
        if (c.token == address(0)) revert UnregisteredToken(token);
    }

    /// @dev Token units in a rail unit.
    function _unit(TokenConfig storage c) private view returns (uint256) {
        return 10 ** (c.tokenDecimals - c.railScale);
    }

    function _checkConfig(TokenConfig calldata c) private view {
        ISettlementLedger ledger = ISettlementLedger(c.ledger);
        if (c.token == address(0) || ledger.vault() != address(this) || ledger.token() != c.token) {
            revert InvalidConfig();
        }
        if (c.railScale > c.tokenDecimals || c.tokenDecimals - c.railScale > MAX_SCALE_GAP) revert InvalidConfig();
        _checkLimits(c.cap, c.hourlyBps, c.dailyBps);
        uint8 decimals = IERC20Metadata(c.token).decimals();
        if (decimals != c.tokenDecimals) revert DecimalsMismatch(decimals, c.tokenDecimals);
    }

    function _checkLimits(uint96 cap, uint16 hourlyBps, uint16 dailyBps) private pure {
        if (cap > MAX_CAP || hourlyBps > BPS || dailyBps > BPS) revert InvalidConfig();
    }
}
