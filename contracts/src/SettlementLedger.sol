// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {BalanceBook} from "./BalanceBook.sol";
import {ICollateralVault} from "./interfaces/ICollateralVault.sol";
import {IGuardian} from "./interfaces/IGuardian.sol";
import {IOperatorRegistry} from "./interfaces/IOperatorRegistry.sol";
import {ISettlementLedger} from "./interfaces/ISettlementLedger.sol";
import {BalanceTree} from "./libraries/BalanceTree.sol";
import {Deadlines} from "./libraries/Deadlines.sol";
import {LogProof} from "./libraries/LogProof.sol";
import {Header, Opening, Sig} from "./Types.sol";

/// @notice What it does, its units and its reverts: ISettlementLedger.
contract SettlementLedger is ISettlementLedger, BalanceBook, EIP712 {
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
    uint256 private constant WITHDRAWAL_BYTES = 40;

    IOperatorRegistry public immutable registry;
    IGuardian public immutable guardian;
    ICollateralVault private immutable _vault;
    address public immutable forcedExit;
    address public immutable token;
    bytes32 public immutable origin;
    uint256 public immutable maxGross;

    uint64 public lastSeq;
    uint64 public lastLogSize;
    bool public frozen;
    bytes32 public lastBalanceRoot;
    mapping(uint64 seq => bytes32 digest) public batchHash;
    mapping(uint32 index => Account account) private _accounts;
    mapping(uint32 index => uint128 amount) public withdrawnBy;

    constructor(Parts memory p) BalanceBook(p.houseFloor) EIP712("Novate SettlementLedger", "1") {
        registry = p.registry;
        guardian = p.guardian;
        _vault = p.vault;
        forcedExit = p.forcedExit;
        token = p.token;
        origin = p.origin;
        maxGross = p.maxGross;
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

    function balanceOf(uint32 index) external view returns (int128) {
        return _balance(index);
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
        _add(index, amount);
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
        _empty(index);
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
        if (index >= INDICES || owner == address(0)) revert InvalidOpening(index, owner);
        if (_accounts[index].owner != address(0)) revert AlreadyOpened(index);
        _accounts[index].owner = owner;
        _begin(index);
        emit AccountOpened(index, owner);
    }

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
            if (gross > maxGross) revert GrossAboveLimit(gross, maxGross);
            if (withdrawals != 0) _applyWithdrawals(seq, pos + pairs, pos + pairs + withdrawals);
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
            _subtract(index, amount);
            withdrawnBy[index] += amount;
            _vault.allot(to, amount);
            emit Withdrawn(seq, index, to, amount);
        }
    }
}
