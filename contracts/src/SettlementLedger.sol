// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {ICollateralVault} from "./interfaces/ICollateralVault.sol";
import {IGuardian} from "./interfaces/IGuardian.sol";
import {IOperatorRegistry} from "./interfaces/IOperatorRegistry.sol";
import {ISettlementLedger} from "./interfaces/ISettlementLedger.sol";
import {BalanceTree} from "./libraries/BalanceTree.sol";
import {Deadlines} from "./libraries/Deadlines.sol";
import {LogProof} from "./libraries/LogProof.sol";
import {Header, Opening, Sig} from "./Types.sol";

/// @notice What it does, its units and its reverts: ISettlementLedger.
/// @dev Two balances share a storage word: index 2s in the low half of word s, index 2s + 1 in the high half. A half is
/// 0 while the account is not open, and ZERO + balance from then on. So one comparison, half >= ZERO, refuses both a
/// negative balance and an account nobody opened, and no balance is written for the first time by a batch.
///
/// No half can overflow: the vault caps deposits below 2^95, floors are at least -2^95, so balances stay below 2^100,
/// and a delta is below 2^95.
contract SettlementLedger is ISettlementLedger, EIP712 {
    /// @notice What a ledger is made with.
    /// @param origin SHA-256 of the UTF-8 name of the log whose batches are settled here
    /// @param maxGross most rail units one batch may move
    /// @param houseFloor lowest balance of a house account, rail units, from -2^95 to 0
    struct Parts {
        IOperatorRegistry registry;
        IGuardian guardian;
        ICollateralVault vault;
        address forcedExit;
        address token;
        bytes32 origin;
        uint256 maxGross;
        int128 houseFloor;
    }

    struct Account {
        address owner;
        uint96 credited;
    }

    bytes32 private constant BATCH_TYPEHASH = keccak256(
        "Batch(bytes32 origin,uint64 seq,bytes32 prevHash,uint64 cycle,uint16 leg,bytes32 payloadHash,uint64 logSize,bytes32 logRoot,bytes32 stateRoot,bytes32 balanceRoot,uint64 epoch,uint64 deadline)"
    );
    bytes32 private constant OPENINGS_TYPEHASH =
        keccak256("Openings(bytes32 openingsHash,uint64 epoch,uint64 deadline)");

    uint256 private constant HEAD_BYTES = 5;
    uint256 private constant PAIR_BYTES = 28;
    uint256 private constant WITHDRAWAL_BYTES = 40;
    uint256 private constant SLOTS = 1 << 19;
    uint256 private constant HOUSE_SLOTS = 8;
    /// @dev A balance of zero as stored.
    int256 private constant ZERO = 1 << 127;
    uint256 private constant HALF = type(uint128).max;
    uint256 private constant DELTA = type(uint96).max;

    IOperatorRegistry public immutable registry;
    IGuardian public immutable guardian;
    ICollateralVault private immutable _vault;
    address public immutable forcedExit;
    address public immutable token;
    bytes32 public immutable origin;
    uint256 public immutable maxGross;
    int128 public immutable houseFloor;

    uint64 public lastSeq;
    uint64 public lastLogSize;
    bool public frozen;
    bytes32 public lastBalanceRoot;
    mapping(uint64 seq => bytes32 digest) public batchHash;
    mapping(uint32 index => Account account) private _accounts;
    mapping(uint32 index => uint128 amount) public withdrawnBy;
    uint256[SLOTS] private _words;

    constructor(Parts memory p) EIP712("Novate SettlementLedger", "1") {
        if (p.houseFloor > 0 || p.houseFloor < -(1 << 95)) revert InvalidLimit();
        registry = p.registry;
        guardian = p.guardian;
        _vault = p.vault;
        forcedExit = p.forcedExit;
        token = p.token;
        origin = p.origin;
        maxGross = p.maxGross;
        houseFloor = p.houseFloor;
    }

    function vault() external view returns (address) {
        return address(_vault);
    }

    function lastHash() external view returns (bytes32) {
        return batchHash[lastSeq];
    }

    function ownerOf(uint32 index) external view returns (address) {
        return _accounts[index].owner;
    }

    function creditedOf(uint32 index) external view returns (uint96) {
        return _accounts[index].credited;
    }

    function balanceOf(uint32 index) public view returns (int128) {
        if (index >> 1 >= SLOTS) return 0;
        uint256 half = _half(_words[index >> 1], index);
        return half == 0 ? int128(0) : int128(int256(half) - ZERO);
    }

    function digestOf(Header calldata h) public view returns (bytes32) {
        return _hashTypedDataV4(keccak256(abi.encode(BATCH_TYPEHASH, h)));
    }

    function settle(Header calldata h, bytes calldata payload, Sig[] calldata sigs) external {
        if (guardian.paused()) revert Paused();
        _checkHeader(h);
        bytes32 payloadHash = keccak256(payload);
        if (payloadHash != h.payloadHash) revert PayloadHashMismatch(payloadHash, h.payloadHash);
        bytes32 digest = digestOf(h);
        registry.checkQuorum(digest, sigs);

        lastSeq = h.seq;
        lastLogSize = h.logSize;
        lastBalanceRoot = h.balanceRoot;
        batchHash[h.seq] = digest;
        (uint32 count, uint256 gross) = _apply(h.seq, payload);
        _announce(h, digest, count, gross);
    }

    function openAccounts(Opening[] calldata openings, uint64 epoch, uint64 deadline, Sig[] calldata sigs) external {
        if (frozen) revert LedgerFrozen();
        Deadlines.check(deadline, Deadlines.BATCH);
        _checkEpoch(epoch);
        bytes32 openingsHash = keccak256(abi.encode(openings));
        registry.checkQuorum(
            _hashTypedDataV4(keccak256(abi.encode(OPENINGS_TYPEHASH, openingsHash, epoch, deadline))), sigs
        );
        for (uint256 i = 0; i < openings.length; ++i) _open(openings[i].index, openings[i].owner);
    }

    function credit(uint32 index, uint96 amount) external {
        if (msg.sender != address(_vault)) revert Unauthorized(msg.sender);
        if (frozen) revert LedgerFrozen();
        Account storage account = _accounts[index];
        if (account.owner == address(0)) revert UnopenedAccount(index);
        account.credited += amount;
        _words[index >> 1] += uint256(amount) << _shift(index);
    }

    function freeze() external {
        if (msg.sender != forcedExit) revert Unauthorized(msg.sender);
        if (frozen) revert LedgerFrozen();
        frozen = true;
        emit Frozen();
    }

    function exit(uint32 index, uint128 amount) external returns (address owner) {
        if (msg.sender != forcedExit) revert Unauthorized(msg.sender);
        if (!frozen) revert NotFrozen();
        owner = _accounts[index].owner;
        if (owner == address(0)) revert UnopenedAccount(index);
        uint256 shift = _shift(index);
        _words[index >> 1] = (_words[index >> 1] & ~(HALF << shift)) | (uint256(ZERO) << shift);
        _vault.pay(owner, amount);
    }

    function verifyBalance(
        Header calldata h,
        uint32 index,
        address owner,
        uint128 amount,
        uint128 credited,
        bytes32[] calldata proof
    ) external view returns (bool) {
        _checkSettled(h);
        bytes32 leaf = BalanceTree.leaf(index, owner, amount, credited);
        if (BalanceTree.rootOf(leaf, index, proof) != h.balanceRoot) revert InvalidProof();
        return true;
    }

    function verifyEvent(Header calldata h, bytes32 leafHash, uint64 index, bytes32[] calldata proof)
        external
        view
        returns (bool)
    {
        _checkSettled(h);
        if (!LogProof.includes(h.logRoot, leafHash, index, h.logSize, proof)) revert InvalidProof();
        return true;
    }

    function verifyState(Header calldata h, bytes calldata leaf, uint64 index, uint64 size, bytes32[] calldata proof)
        external
        view
        returns (bool)
    {
        _checkSettled(h);
        if (!LogProof.includes(h.stateRoot, LogProof.leaf(leaf), index, size, proof)) revert InvalidProof();
        return true;
    }

    function _announce(Header calldata h, bytes32 digest, uint32 count, uint256 gross) private {
        emit BatchSettled(
            h.seq, digest, h.cycle, h.leg, h.stateRoot, h.logRoot, h.logSize, h.balanceRoot, count, gross
        );
    }

    function _checkHeader(Header calldata h) private view {
        if (frozen) revert LedgerFrozen();
        if (h.origin != origin) revert WrongOrigin(h.origin, origin);
        uint64 last = lastSeq;
        if (h.seq != last + 1) revert WrongSeq(h.seq, last + 1);
        if (h.prevHash != batchHash[last]) revert WrongPrevHash(h.prevHash, batchHash[last]);
        Deadlines.check(h.deadline, Deadlines.BATCH);
        _checkEpoch(h.epoch);
        if (h.logSize < lastLogSize) revert LogShrank(h.logSize, lastLogSize);
    }

    function _checkEpoch(uint64 epoch) private view {
        uint64 want = registry.epoch();
        if (epoch != want) revert StaleEpoch(epoch, want);
    }

    function _checkSettled(Header calldata h) private view {
        bytes32 digest = digestOf(h);
        if (digest != batchHash[h.seq]) revert UnknownBatch(h.seq, digest);
    }

    function _open(uint32 index, address owner) private {
        if (index >> 1 >= SLOTS || owner == address(0)) revert InvalidOpening(index, owner);
        if (_accounts[index].owner != address(0)) revert AlreadyOpened(index);
        _accounts[index].owner = owner;
        _words[index >> 1] |= uint256(ZERO) << _shift(index);
        emit AccountOpened(index, owner);
    }

    /// @dev Unchecked throughout: lengths are compared first, and balances cannot overflow (see above). With n below
    /// 2^16 pairs of deltas below 2^95 neither sum nor gross can.
    function _apply(uint64 seq, bytes calldata payload) private returns (uint32 count, uint256 gross) {
        unchecked {
            if (payload.length < HEAD_BYTES) revert PayloadLength(payload.length, HEAD_BYTES);
            uint256 pos;
            uint256 head;
            assembly ("memory-safe") {
                pos := payload.offset
                head := calldataload(pos)
            }
            if (head >> 248 != 1) revert PayloadVersion(uint8(head >> 248));
            uint256 pairs = PAIR_BYTES * ((head >> 232) & 0xffff);
            uint256 withdrawals = WITHDRAWAL_BYTES * ((head >> 216) & 0xffff);
            uint256 want = HEAD_BYTES + pairs + withdrawals;
            if (payload.length != want) revert PayloadLength(payload.length, want);
            pos += HEAD_BYTES;
            (count, gross) = _applyPairs(pos, pos + pairs);
            if (withdrawals != 0) _applyWithdrawals(seq, pos + pairs, pos + pairs + withdrawals);
        }
    }

    /// @param pos calldata offset of the first pair
    /// @param end calldata offset behind the last
    function _applyPairs(uint256 pos, uint256 end) private returns (uint32 count, uint256 gross) {
        unchecked {
            int256 houseLeast = ZERO + houseFloor;
            uint256 nextSlot = 0;
            int256 sum = 0;
            for (; pos < end; pos += PAIR_BYTES) {
                uint256 pair;
                assembly ("memory-safe") {
                    pair := calldataload(pos)
                }
                uint256 slot = pair >> 224;
                if (slot < nextSlot) revert UnsortedPairs(slot);
                nextSlot = slot + 1;
                uint256 word;
                assembly ("memory-safe") {
                    word := sload(add(_words.slot, slot))
                }
                int256 least = slot < HOUSE_SLOTS ? houseLeast : ZERO;

                uint256 zigzag = (pair >> 128) & DELTA;
                if (zigzag != 0) {
                    int256 delta = int256(zigzag >> 1) ^ -int256(zigzag & 1);
                    int256 half = int256(word & HALF) + delta;
                    if (half < least) _refuse(slot << 1, word & HALF, half);
                    word = (word & ~HALF) | uint256(half);
                    sum += delta;
                    gross += (zigzag >> 1) + (zigzag & 1);
                    ++count;
                } else if ((pair >> 32) & DELTA == 0) {
                    revert EmptyPair(slot);
                }
                zigzag = (pair >> 32) & DELTA;
                if (zigzag != 0) {
                    int256 delta = int256(zigzag >> 1) ^ -int256(zigzag & 1);
                    int256 half = int256(word >> 128) + delta;
                    if (half < least) _refuse((slot << 1) | 1, word >> 128, half);
                    word = (word & HALF) | (uint256(half) << 128);
                    sum += delta;
                    gross += (zigzag >> 1) + (zigzag & 1);
                    ++count;
                }
                assembly ("memory-safe") {
                    sstore(add(_words.slot, slot), word)
                }
            }
            // Slots ascend, so the last one speaks for all: none was written outside the array.
            if (nextSlot > SLOTS) revert UnopenedAccount(uint32((nextSlot - 1) << 1));
            if (sum != 0) revert NotZeroSum(sum);
            gross >>= 1;
            if (gross > maxGross) revert GrossAboveLimit(gross, maxGross);
        }
    }

    function _applyWithdrawals(uint64 seq, uint256 pos, uint256 end) private {
        uint32 last = 0;
        for (; pos < end; pos += WITHDRAWAL_BYTES) {
            uint32 index;
            address to;
            uint128 amount;
            assembly ("memory-safe") {
                let word := calldataload(pos)
                index := shr(224, word)
                to := shr(96, shl(32, word))
                amount := shr(128, calldataload(add(pos, 24)))
            }
            if (index < last) revert UnsortedWithdrawals(index);
            last = index;
            if (to == address(0)) revert ZeroAddress(index);
            if (amount == 0) revert ZeroAmount(index);
            _debit(index, amount);
            withdrawnBy[index] += amount;
            _vault.allot(to, amount);
            emit Withdrawn(seq, index, to, amount);
        }
    }

    /// @dev Not even a house account withdraws what it does not have: that would be other accounts' money.
    function _debit(uint32 index, uint128 amount) private {
        if (index >> 1 >= SLOTS) revert UnopenedAccount(index);
        uint256 word = _words[index >> 1];
        uint256 stored = _half(word, index);
        int256 half = int256(stored) - int256(uint256(amount));
        if (half < ZERO) _refuse(index, stored, half);
        _words[index >> 1] = word - (uint256(amount) << _shift(index));
    }

    function _refuse(uint256 index, uint256 stored, int256 half) private pure {
        if (stored == 0) revert UnopenedAccount(uint32(index));
        revert BelowFloor(uint32(index), half - ZERO);
    }

    function _shift(uint32 index) private pure returns (uint256) {
        return (index & 1) << 7;
    }

    function _half(uint256 word, uint32 index) private pure returns (uint256) {
        return (word >> _shift(index)) & HALF;
    }
}
