// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {ICollateralVault} from "./interfaces/ICollateralVault.sol";
import {IForcedExit} from "./interfaces/IForcedExit.sol";
import {IOperatorRegistry} from "./interfaces/IOperatorRegistry.sol";
import {ISettlementLedger} from "./interfaces/ISettlementLedger.sol";
import {BalanceTree} from "./libraries/BalanceTree.sol";
import {Deadlines} from "./libraries/Deadlines.sol";
import {Sig} from "./Types.sol";

/// @notice What it does, its units and its reverts: IForcedExit.
contract ForcedExit is IForcedExit, EIP712 {
    struct Request {
        uint64 number;
        uint64 serveBy;
        uint128 amount;
        uint128 withdrawnBefore;
    }

    bytes32 private constant ANSWER_TYPEHASH =
        keccak256("Answer(uint64 number,uint32 index,bytes32 reason,uint64 deadline)");
    uint64 private constant LONGEST_PAUSE = 72 hours;
    uint32 private constant HOUSE_ACCOUNTS = 16;

    IOperatorRegistry public immutable registry;
    ISettlementLedger public immutable ledger;
    ICollateralVault public immutable vault;
    uint64 public immutable grace;

    uint64 public requests;
    uint64 public frozenAt;
    /// @notice What the vault has for the accounts, and what they had together, when the ledger froze; rail units.
    uint128 public cover;
    uint128 public claims;
    mapping(uint32 index => Request) public requestOf;
    mapping(uint32 index => bool) public hasEscaped;

    /// @param grace_ seconds; longer than a guardian's pause, so that the operators can serve a request after it
    constructor(IOperatorRegistry registry_, ISettlementLedger ledger_, ICollateralVault vault_, uint64 grace_)
        EIP712("Novate ForcedExit", "1")
    {
        if (grace_ <= LONGEST_PAUSE) revert InvalidGrace(grace_);
        registry = registry_;
        ledger = ledger_;
        vault = vault_;
        grace = grace_;
    }

    function requestExit(uint32 index) external {
        if (frozenAt != 0) revert AlreadyFrozen();
        address owner = ledger.ownerOf(index);
        if (owner == address(0) || owner != msg.sender) revert NotOwner(index, msg.sender);
        if (requestOf[index].number != 0 && !_isServed(index)) revert AlreadyRequested(index);
        int128 balance = ledger.balanceOf(index);
        if (balance <= 0) revert NothingToExit(index);
        uint64 serveBy = uint64(block.timestamp) + grace;
        uint128 amount = uint128(balance);
        requestOf[index] = Request(++requests, serveBy, amount, ledger.withdrawnBy(index));
        emit ExitRequested(requests, index, owner, amount, serveBy);
    }

    function answer(uint32 index, bytes32 reason, uint64 deadline, Sig[] calldata sigs) external {
        uint64 number = requestOf[index].number;
        if (number == 0) revert NoRequest(index);
        Deadlines.check(deadline, Deadlines.GOVERNANCE);
        bytes32 message = keccak256(abi.encode(ANSWER_TYPEHASH, number, index, reason, deadline));
        registry.checkQuorum(_hashTypedDataV4(message), sigs);
        delete requestOf[index];
        emit ExitAnswered(number, index, reason);
    }

    function freeze(uint32 index) external {
        if (frozenAt != 0) revert AlreadyFrozen();
        Request storage request = requestOf[index];
        if (request.number == 0) revert NoRequest(index);
        if (_isServed(index)) revert RequestServed(index);
        if (block.timestamp <= request.serveBy) revert TooEarly(request.serveBy + 1);
        frozenAt = uint64(block.timestamp);
        ledger.freeze();
        (cover, claims) = _coverAndClaims();
        emit Froze(index, cover, claims);
    }

    function escape(uint32 index, uint128 amount, uint128 credited, bytes32[] calldata proof) external {
        _checkLeaving(index);
        bytes32 leaf = BalanceTree.leaf(index, ledger.ownerOf(index), amount, credited);
        if (BalanceTree.rootOf(leaf, index, proof) != ledger.lastBalanceRoot()) revert InvalidProof();
        uint128 balance = _balanceOf(index);
        uint256 proven = uint256(amount) + ledger.creditedOf(index) - credited;
        if (proven != balance) revert AmountMismatch(proven, balance);
        _leave(index, balance);
    }

    function escapeByStorage(uint32 index) external {
        _checkLeaving(index);
        if (block.timestamp < frozenAt + grace) revert TooEarly(frozenAt + grace);
        _leave(index, _balanceOf(index));
    }

    function _checkLeaving(uint32 index) private view {
        if (frozenAt == 0) revert NotFrozen();
        if (hasEscaped[index]) revert AlreadyEscaped(index);
    }

    function _leave(uint32 index, uint128 balance) private {
        if (balance == 0) revert NothingToExit(index);
        hasEscaped[index] = true;
        // Rounded down: the parts never exceed the whole.
        uint128 paid = cover < claims ? uint128(uint256(balance) * cover / claims) : balance;
        address owner = ledger.exit(index, paid);
        emit Escaped(index, owner, balance, paid);
    }

    /// @dev What accounts can claim is the sum of the balances plus what house accounts owe.
    function _coverAndClaims() private view returns (uint128, uint128) {
        address token = ledger.token();
        int256 owed = int256(uint256(vault.held(token) - vault.totalClaimable(token)));
        for (uint32 index = 0; index < HOUSE_ACCOUNTS; ++index) {
            int128 balance = ledger.balanceOf(index);
            if (balance < 0) owed -= balance;
        }
        return (vault.coverOf(token), uint128(uint256(owed)));
    }

    function _balanceOf(uint32 index) private view returns (uint128) {
        int128 balance = ledger.balanceOf(index);
        return balance > 0 ? uint128(balance) : 0;
    }

    function _isServed(uint32 index) private view returns (bool) {
        Request storage request = requestOf[index];
        return ledger.withdrawnBy(index) - request.withdrawnBefore >= request.amount || ledger.balanceOf(index) <= 0;
    }
}
