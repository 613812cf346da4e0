// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Header, Opening, Sig} from "../Types.sol";

/// @notice Balances of one token, moved by chained batches of deltas that sum to zero. The contract judges a batch: it
/// takes each number once, in order, on this chain and contract only, before its deadline, approved by a quorum.
///
/// Amounts are rail units: 10^-railScale of the token, as registered in the vault. Times are Unix seconds.
/// EIP-712 domain: name "Novate SettlementLedger", version "1".
///
/// Payload, big-endian, nothing between or after:
///   0x01 | uint16 pairs | uint16 withdrawals
///   pair (28 bytes): uint32 slot, strictly ascending | uint96 zigzag(delta of index 2 slot) | uint96 zigzag(delta of
///     index 2 slot + 1); zigzag(x) is 2x from 0 up and -2x - 1 below; not both zero
///   withdrawal (40 bytes): uint32 index, ascending | address to, not zero | uint128 amount, above zero
/// Deltas come first, withdrawals after them.
interface ISettlementLedger {
    /// @notice A batch was applied.
    /// @param count accounts whose balance moved
    /// @param gross sum of all debits, which is the sum of all credits; withdrawals not included
    event BatchSettled(
        uint64 indexed seq,
        bytes32 indexed digest,
        uint64 cycle,
        uint16 leg,
        bytes32 stateRoot,
        bytes32 logRoot,
        uint64 logSize,
        bytes32 balanceRoot,
        uint32 count,
        uint256 gross
    );
    /// @notice A settlement account is open.
    event AccountOpened(uint32 indexed index, address indexed owner);
    /// @notice Money left an account for the claimable balance of `to` in the vault.
    event Withdrawn(uint64 indexed seq, uint32 indexed index, address indexed to, uint256 amount);
    /// @notice No batch, opening or deposit any more: only exits.
    event Frozen();

    /// @notice A guardian's pause is on.
    error Paused();
    /// @notice A forced exit was not served in time: the contract settles no more, for good.
    error LedgerFrozen();
    /// @notice Exits are only paid once the contract is frozen.
    error NotFrozen();
    /// @notice The batch comes from another log.
    error WrongOrigin(bytes32 have, bytes32 want);
    /// @notice Batches are taken in order, each once.
    error WrongSeq(uint64 have, uint64 want);
    /// @notice The batch does not follow the last one settled here.
    error WrongPrevHash(bytes32 have, bytes32 want);
    /// @notice Signed by, or for, another operator set than the present one.
    error StaleEpoch(uint64 have, uint64 want);
    /// @notice The log does not shrink.
    error LogShrank(uint64 have, uint64 last);
    /// @notice The payload is not the one that was signed.
    error PayloadHashMismatch(bytes32 have, bytes32 want);
    /// @notice The first byte is no known version.
    error PayloadVersion(uint8 version);
    /// @notice Bytes are missing or left over.
    error PayloadLength(uint256 have, uint256 want);
    /// @notice A pair's slot is not above the one before it.
    error UnsortedPairs(uint256 slot);
    /// @notice A pair without any delta.
    error EmptyPair(uint256 slot);
    /// @notice A withdrawal's index is below the one before it.
    error UnsortedWithdrawals(uint32 index);
    /// @notice A withdrawal to the zero address.
    error ZeroAddress(uint32 index);
    /// @notice A withdrawal of nothing.
    error ZeroAmount(uint32 index);
    /// @notice The deltas do not sum to zero; what is left over.
    error NotZeroSum(int256 sum);
    /// @notice More money moves than one batch may move.
    error GrossAboveLimit(uint256 gross, uint256 limit);
    /// @notice The account would be below zero, or a house account below its floor.
    error BelowFloor(uint32 index, int256 balance);
    /// @notice The account is not open.
    error UnopenedAccount(uint32 index);
    /// @notice The account is open already.
    error AlreadyOpened(uint32 index);
    /// @notice The index is 2^20 or more, or the owner is the zero address.
    error InvalidOpening(uint32 index, address owner);
    /// @notice The header is not that of the batch settled under its number.
    error UnknownBatch(uint64 seq, bytes32 digest);
    /// @notice The proof leads to another root.
    error InvalidProof();
    /// @notice Only the contract that was named at deployment may call.
    error Unauthorized(address caller);
    /// @notice A limit at deployment is above zero, below -2^95, or otherwise out of range.
    error InvalidLimit();

    /// @notice Number of the last batch; 0 before the first.
    function lastSeq() external view returns (uint64);
    /// @notice EIP-712 digest of the last batch; zero before the first.
    function lastHash() external view returns (bytes32);
    /// @notice Root of the balance tree after the last batch.
    function lastBalanceRoot() external view returns (bytes32);
    /// @notice Size of the log behind the last batch.
    function lastLogSize() external view returns (uint64);
    /// @notice EIP-712 digest of batch `seq`; zero if there was none.
    function batchHash(uint64 seq) external view returns (bytes32);
    /// @notice Balance in rail units; 0 for an account that is not open. Only house accounts can be negative.
    function balanceOf(uint32 index) external view returns (int128);
    /// @notice Owner of an account; zero if it is not open.
    function ownerOf(uint32 index) external view returns (address);
    /// @notice All deposits to an account so far, rail units.
    function creditedOf(uint32 index) external view returns (uint96);
    /// @notice All withdrawals of an account so far, rail units.
    function withdrawnBy(uint32 index) external view returns (uint128);
    /// @notice Whether only exits are left.
    function frozen() external view returns (bool);
    /// @notice The token the balances are of.
    function token() external view returns (address);
    /// @notice The vault that holds the tokens.
    function vault() external view returns (address);
    /// @notice The digest operators sign for a header.
    function digestOf(Header calldata h) external view returns (bytes32);

    /// @notice Applies a batch. Anyone may call; the signatures are what counts.
    /// Signed: `Batch(...)`, the fields of Header in their order.
    /// @dev Reverts, in the order of the checks: Paused, LedgerFrozen, WrongOrigin, WrongSeq, WrongPrevHash,
    /// DeadlineExpired, DeadlineTooFar (30 minutes), StaleEpoch, LogShrank, PayloadHashMismatch; those of
    /// OperatorRegistry.checkQuorum; PayloadVersion, PayloadLength, UnsortedPairs, EmptyPair, UnopenedAccount,
    /// BelowFloor, NotZeroSum, GrossAboveLimit, UnsortedWithdrawals, ZeroAddress, ZeroAmount.
    function settle(Header calldata h, bytes calldata payload, Sig[] calldata sigs) external;

    /// @notice Opens settlement accounts. Anyone may call.
    /// Signed: `Openings(bytes32 openingsHash,uint64 epoch,uint64 deadline)`, openingsHash =
    /// keccak256(abi.encode(openings)).
    /// @dev Reverts: LedgerFrozen, DeadlineExpired, DeadlineTooFar (30 minutes), StaleEpoch, InvalidOpening,
    /// AlreadyOpened, and those of OperatorRegistry.checkQuorum.
    function openAccounts(Opening[] calldata openings, uint64 epoch, uint64 deadline, Sig[] calldata sigs) external;

    /// @notice Credits a deposit, rail units. By the vault.
    /// @dev Reverts: Unauthorized, LedgerFrozen, UnopenedAccount.
    function credit(uint32 index, uint96 amount) external;

    /// @notice Ends settling for good. By the forced exit.
    /// @dev Reverts: Unauthorized, LedgerFrozen.
    function freeze() external;

    /// @notice Empties an account and has the vault pay `amount` rail units to its owner. By the forced exit.
    /// @dev Reverts: Unauthorized, NotFrozen, UnopenedAccount, and those of the vault's pay.
    function exit(uint32 index, uint128 amount) external returns (address owner);

    /// @notice Checks a member's balance against the root of a settled batch. True, or it reverts.
    /// @param amount rail units; includes the deposits the clearing house had recorded by then
    /// @param credited those deposits, rail units, of all time
    /// @param proof 20 siblings from the leaf up
    /// @dev Reverts: UnknownBatch, ProofLength, InvalidProof.
    function verifyBalance(
        Header calldata h,
        uint32 index,
        address owner,
        uint128 amount,
        uint128 credited,
        bytes32[] calldata proof
    ) external view returns (bool);

    /// @notice Checks that an event is in the log a settled batch is anchored to. True, or it reverts.
    /// @param leafHash SHA-256(0x00, canonical line of the event)
    /// @param index position of the event, from 0
    /// @dev Reverts: UnknownBatch, InvalidProof.
    function verifyEvent(Header calldata h, bytes32 leafHash, uint64 index, bytes32[] calldata proof)
        external
        view
        returns (bool);

    /// @notice Checks that an entry is in the state a settled batch is anchored to. True, or it reverts.
    /// @param leaf canonical line of the entry
    /// @param index its place among the entries, from 0
    /// @param size number of entries
    /// @dev Reverts: UnknownBatch, InvalidProof.
    function verifyState(Header calldata h, bytes calldata leaf, uint64 index, uint64 size, bytes32[] calldata proof)
        external
        view
        returns (bool);
}
