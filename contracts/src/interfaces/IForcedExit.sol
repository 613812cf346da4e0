// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Sig} from "../Types.sol";

/// @notice The way out when the operators are gone or silent. A member asks for its balance; if within the grace
/// period it is neither paid by batches nor answered by a quorum, anyone freezes the ledger, and then everyone is paid
/// straight from the vault. No pause reaches this contract.
///
/// Amounts are rail units, times Unix seconds. EIP-712 domain: name "Novate ForcedExit", version "1".
interface IForcedExit {
    /// @notice A member asks for `amount`, its whole balance, until `serveBy`.
    event ExitRequested(uint64 indexed number, uint32 indexed index, address indexed owner, uint128 amount, uint64 serveBy);
    /// @notice The operators answered; the reason's text is off chain, its hash here.
    event ExitAnswered(uint64 indexed number, uint32 indexed index, bytes32 reason);
    /// @notice Settling has ended. Exits are paid `cover / claims` of the balance, in full where they are equal.
    event Froze(uint32 indexed index, uint128 cover, uint128 claims);
    /// @notice An account left.
    event Escaped(uint32 indexed index, address indexed owner, uint128 balance, uint128 paid);

    /// @notice The caller does not own the account.
    error NotOwner(uint32 index, address caller);
    /// @notice There is no balance to ask for.
    error NothingToExit(uint32 index);
    /// @notice A request of this account is still open.
    error AlreadyRequested(uint32 index);
    /// @notice This account has no open request, or it was answered.
    error NoRequest(uint32 index);
    /// @notice Batches have paid what was asked, or the account is empty.
    error RequestServed(uint32 index);
    /// @notice Not before this time.
    error TooEarly(uint64 from);
    /// @notice Exits are only paid once the ledger is frozen.
    error NotFrozen();
    /// @notice The ledger is frozen already.
    error AlreadyFrozen();
    /// @notice The account has left already.
    error AlreadyEscaped(uint32 index);
    /// @notice The proof leads to another root than that of the last batch.
    error InvalidProof();
    /// @notice The proven amount and the deposits since do not make the balance.
    error AmountMismatch(uint256 proven, uint128 balance);
    /// @notice The grace period is not longer than a guardian's pause.
    error InvalidGrace(uint64 grace);

    /// @notice Seconds the operators have to serve or answer a request.
    function grace() external view returns (uint64);
    /// @notice When the ledger was frozen; 0 while it is not.
    function frozenAt() external view returns (uint64);
    /// @notice The open request of an account: its number (0 if none), amount asked, what the account had withdrawn
    /// before, and until when it has to be served.
    function requestOf(uint32 index)
        external
        view
        returns (uint64 number, uint64 serveBy, uint128 amount, uint128 withdrawnBefore);

    /// @notice Asks for the whole balance. By the account's owner; not stopped by a pause.
    /// @dev Reverts: AlreadyFrozen, NotOwner, NothingToExit, AlreadyRequested.
    function requestExit(uint32 index) external;

    /// @notice The operators' answer to a request, for instance that positions have to be closed first. The member may
    /// ask again. Signed: `Answer(uint64 number,uint32 index,bytes32 reason,uint64 deadline)`.
    /// @param deadline at most 7 days ahead
    /// @dev Reverts: NoRequest, DeadlineExpired, DeadlineTooFar, and those of OperatorRegistry.checkQuorum.
    function answer(uint32 index, bytes32 reason, uint64 deadline, Sig[] calldata sigs) external;

    /// @notice Ends settling because this account's request was left open. Anyone may call.
    /// @dev Reverts: AlreadyFrozen, NoRequest, RequestServed, TooEarly.
    function freeze(uint32 index) external;

    /// @notice Pays an account to its owner. Anyone may call, once per account.
    /// @param amount the balance proven against the last batch's root
    /// @param credited the deposits that are in this amount, of all time; what was deposited beyond comes on top, and
    /// together that must be the balance
    /// @param proof 20 siblings from the leaf up
    /// @dev Reverts: NotFrozen, AlreadyEscaped, ProofLength, InvalidProof, AmountMismatch, UnopenedAccount, and those
    /// of CollateralVault.pay.
    function escape(uint32 index, uint128 amount, uint128 credited, bytes32[] calldata proof) external;

    /// @notice The same by the balance alone, one more grace period after the freeze: for a root that is wrong or whose
    /// tree nobody has any more.
    /// @dev Reverts: NotFrozen, TooEarly, AlreadyEscaped, UnopenedAccount, NothingToExit.
    function escapeByStorage(uint32 index) external;
}
