// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ForcedExit} from "../src/ForcedExit.sol";
import {ICollateralVault} from "../src/interfaces/ICollateralVault.sol";
import {IForcedExit} from "../src/interfaces/IForcedExit.sol";
import {IOperatorRegistry} from "../src/interfaces/IOperatorRegistry.sol";
import {ISettlementLedger} from "../src/interfaces/ISettlementLedger.sol";
import {BalanceTree} from "../src/libraries/BalanceTree.sol";
import {Header, Sig} from "../src/Types.sol";
import {House} from "./House.sol";
import {Tree} from "./Tree.sol";
import {vm} from "./Vm.sol";

contract ExitTest is House {
    /// @dev The tree of the ledger as it is now; indices that are not open stay empty.
    function _leaves() private view returns (bytes32[32] memory leaves) {
        for (uint32 index = 0; index < 32; ++index) {
            address owner = ledger.ownerOf(index);
            if (owner == address(0)) continue;
            int128 balance = ledger.balanceOf(index);
            leaves[index] = BalanceTree.leaf(
                index, owner, balance > 0 ? uint128(balance) : 0, ledger.creditedOf(index)
            );
        }
    }

    /// @dev A batch that moves nothing and commits to the balances as they are.
    function _anchor() private returns (Header memory h) {
        bytes memory payload = hex"0100000000";
        h = _header(payload);
        h.balanceRoot = Tree.root(_leaves());
        ledger.settle(h, payload, _sign(ledger.digestOf(h)));
    }

    function _request(uint32 index) private {
        vm.prank(ledger.ownerOf(index));
        forcedExit.requestExit(index);
    }

    function _freeze(uint32 index) private {
        _request(index);
        vm.warp(block.timestamp + GRACE + 1);
        forcedExit.freeze(index);
    }

    function _indices() private pure returns (uint32[7] memory) {
        return [uint32(0), 16, 17, 18, 19, 20, 21];
    }

    /// @dev The drill: the operators are gone, and a guardian pauses on top of it.
    /// forge-config: default.fuzz.runs = 48
    function testFuzz_operators_gone_everyone_leaves_with_a_proof(uint64[7] memory amounts, uint64 late) public {
        uint32[7] memory indices = _indices();
        for (uint256 i = 0; i < 7; ++i) _deposit(indices[i], uint256(amounts[i]) + 1_000);
        _settle(_transfer(FIRST, 999));
        _settle(_withdrawal(FIRST + 2, address(0xc1a1), 500));
        bytes32[32] memory leaves = _leaves();
        uint128[7] memory proven;
        uint128[7] memory credited;
        for (uint256 i = 0; i < 7; ++i) {
            proven[i] = uint128(ledger.balanceOf(indices[i]));
            credited[i] = ledger.creditedOf(indices[i]);
        }
        _anchor();
        _deposit(FIRST + 1, uint256(late) + 1);

        _pause();
        _freeze(FIRST);
        uint256 before = token.balanceOf(address(vault)) - vault.totalClaimable(address(token));
        uint256 paid = 0;
        for (uint256 i = 0; i < 7; ++i) {
            address owner = ledger.ownerOf(indices[i]);
            forcedExit.escape(indices[i], proven[i], credited[i], Tree.proof(leaves, indices[i]));
            vm.assertGe(token.balanceOf(owner), proven[i], "paid to its owner");
            paid += token.balanceOf(owner);
        }
        vm.assertEq(paid, before, "the exits are what the vault had");
        vm.assertEq(token.balanceOf(address(vault)), 500, "but for what was claimable before");
        vm.warp(block.timestamp + 72 hours);
        vault.claim(address(token), address(0xc1a1), 500);
        vm.assertEq(token.balanceOf(address(vault)), 0, "and nothing is left");
    }

    /// forge-config: default.fuzz.runs = 48
    function testFuzz_what_a_house_owes_is_missing_in_proportion(uint32[6] memory amounts, uint32 debt) public {
        uint256 owed = uint256(debt) + 1;
        for (uint32 i = 0; i < 6; ++i) _deposit(FIRST + i, uint256(amounts[i]) + 1);
        _settle(abi.encodePacked(hex"0100020000", _pair(0, -int256(owed), 0), _pair(FIRST >> 1, int256(owed), 0)));
        bytes32[32] memory leaves = _leaves();
        _anchor();
        uint256 claims = 0;
        uint128[6] memory balances;
        for (uint32 i = 0; i < 6; ++i) {
            balances[i] = uint128(ledger.balanceOf(FIRST + i));
            claims += balances[i];
        }
        uint256 cover = token.balanceOf(address(vault));
        _freeze(FIRST);
        for (uint32 i = 0; i < 6; ++i) {
            uint96 credited = ledger.creditedOf(FIRST + i);
            forcedExit.escape(FIRST + i, balances[i], credited, Tree.proof(leaves, FIRST + i));
            vm.assertEq(token.balanceOf(_owner(FIRST + i)), balances[i] * cover / claims, "its part");
        }
        vm.assertTrue(token.balanceOf(address(vault)) < 6, "less than a unit each is left");
    }

    function test_a_request_is_the_owners_and_of_something() public {
        vm.expectPartialRevert(IForcedExit.NotOwner.selector);
        forcedExit.requestExit(FIRST);
        vm.prank(_owner(FIRST));
        vm.expectPartialRevert(IForcedExit.NothingToExit.selector);
        forcedExit.requestExit(FIRST);
        _deposit(FIRST, 10);
        _pause();
        _request(FIRST);
        vm.prank(_owner(FIRST));
        vm.expectPartialRevert(IForcedExit.AlreadyRequested.selector);
        forcedExit.requestExit(FIRST);
    }

    function test_no_freeze_before_the_grace_is_over() public {
        _deposit(FIRST, 10);
        vm.expectPartialRevert(IForcedExit.NoRequest.selector);
        forcedExit.freeze(FIRST);
        _request(FIRST);
        vm.warp(block.timestamp + GRACE);
        vm.expectPartialRevert(IForcedExit.TooEarly.selector);
        forcedExit.freeze(FIRST);
        vm.warp(block.timestamp + 1);
        forcedExit.freeze(FIRST);
        vm.expectPartialRevert(IForcedExit.AlreadyFrozen.selector);
        forcedExit.freeze(FIRST);
    }

    function test_batches_serve_a_request() public {
        _deposit(FIRST, 10);
        _request(FIRST);
        _settle(_withdrawal(FIRST, _owner(FIRST), 4));
        vm.warp(block.timestamp + GRACE + 1);
        _settle(_withdrawal(FIRST, _owner(FIRST), 6));
        vm.expectPartialRevert(IForcedExit.RequestServed.selector);
        forcedExit.freeze(FIRST);
        _deposit(FIRST, 10);
        _request(FIRST);
    }

    function test_part_of_it_serves_nobody() public {
        _deposit(FIRST, 10);
        _request(FIRST);
        _settle(_withdrawal(FIRST, _owner(FIRST), 9));
        vm.warp(block.timestamp + GRACE + 1);
        forcedExit.freeze(FIRST);
    }

    function test_a_quorum_answers_one_request() public {
        _deposit(FIRST, 10);
        _request(FIRST);
        Sig[] memory sigs = _answer(1, FIRST);
        uint64 deadline = _soon();
        forcedExit.answer(FIRST, "positions", deadline, sigs);
        vm.warp(block.timestamp + 1);
        vm.expectPartialRevert(IForcedExit.NoRequest.selector);
        forcedExit.freeze(FIRST);
        _request(FIRST);
        vm.expectPartialRevert(IOperatorRegistry.InvalidSignature.selector);
        forcedExit.answer(FIRST, "positions", deadline, sigs);
    }

    function _answer(uint64 number, uint32 index) private view returns (Sig[] memory) {
        bytes32 type_ = keccak256("Answer(uint64 number,uint32 index,bytes32 reason,uint64 deadline)");
        bytes32 hash = keccak256(abi.encode(type_, number, index, bytes32("positions"), _soon()));
        return _sign(_typed("Novate ForcedExit", address(forcedExit), hash));
    }

    function test_nothing_but_exits_after_a_freeze() public {
        _deposit(FIRST, 10);
        _freeze(FIRST);
        bytes memory payload = hex"0100000000";
        Header memory h = _header(payload);
        Sig[] memory sigs = _sign(ledger.digestOf(h));
        vm.expectPartialRevert(ISettlementLedger.LedgerFrozen.selector);
        ledger.settle(h, payload, sigs);
        token.mint(address(this), 1);
        token.approve(address(vault), 1);
        vm.expectPartialRevert(ISettlementLedger.LedgerFrozen.selector);
        vault.deposit(address(token), FIRST, 1);
        vm.prank(_owner(FIRST));
        vm.expectPartialRevert(IForcedExit.AlreadyFrozen.selector);
        forcedExit.requestExit(FIRST);
    }

    function test_no_exit_twice_and_none_before_the_freeze() public {
        _deposit(FIRST, 10);
        _deposit(FIRST + 1, 10);
        bytes32[] memory proof = Tree.proof(_leaves(), FIRST);
        _anchor();
        vm.expectPartialRevert(IForcedExit.NotFrozen.selector);
        forcedExit.escape(FIRST, 10, 10, proof);
        vm.expectPartialRevert(IForcedExit.NotFrozen.selector);
        forcedExit.escapeByStorage(FIRST);
        _freeze(FIRST);
        forcedExit.escape(FIRST, 10, 10, proof);
        vm.expectPartialRevert(IForcedExit.AlreadyEscaped.selector);
        forcedExit.escape(FIRST, 10, 10, proof);
        vm.warp(block.timestamp + GRACE);
        vm.expectPartialRevert(IForcedExit.AlreadyEscaped.selector);
        forcedExit.escapeByStorage(FIRST);
        vm.assertEq(token.balanceOf(_owner(FIRST)), 10, "once");
    }

    function test_proof_for_another_root_or_amount() public {
        _deposit(FIRST, 10);
        bytes32[] memory old = Tree.proof(_leaves(), FIRST);
        _anchor();
        _deposit(FIRST + 1, 1);
        bytes32[] memory proof = Tree.proof(_leaves(), FIRST);
        Header memory h = _anchor();
        vm.expectPartialRevert(ISettlementLedger.InvalidProof.selector);
        ledger.verifyBalance(h, FIRST, _owner(FIRST), 10, 10, old);
        vm.expectPartialRevert(ISettlementLedger.InvalidProof.selector);
        ledger.verifyBalance(h, FIRST, _owner(FIRST), 11, 10, proof);
        vm.expectPartialRevert(BalanceTree.ProofLength.selector);
        ledger.verifyBalance(h, FIRST, _owner(FIRST), 10, 10, new bytes32[](19));
        vm.assertTrue(ledger.verifyBalance(h, FIRST, _owner(FIRST), 10, 10, proof), "the right one");
        h.stateRoot = bytes32(uint256(1));
        vm.expectPartialRevert(ISettlementLedger.UnknownBatch.selector);
        ledger.verifyBalance(h, FIRST, _owner(FIRST), 10, 10, proof);
        _freeze(FIRST);
        vm.expectPartialRevert(IForcedExit.InvalidProof.selector);
        forcedExit.escape(FIRST, 10, 10, old);
    }

    function test_a_wrong_root_is_no_way_to_more_but_storage_is_a_way_out() public {
        _deposit(FIRST, 10);
        _deposit(FIRST + 1, 1_000);
        bytes32[32] memory leaves = _leaves();
        leaves[FIRST] = BalanceTree.leaf(FIRST, _owner(FIRST), 500, 10);
        bytes memory payload = hex"0100000000";
        Header memory h = _header(payload);
        h.balanceRoot = Tree.root(leaves);
        ledger.settle(h, payload, _sign(ledger.digestOf(h)));
        _freeze(FIRST);
        vm.expectPartialRevert(IForcedExit.AmountMismatch.selector);
        forcedExit.escape(FIRST, 500, 10, Tree.proof(leaves, FIRST));
        vm.expectPartialRevert(IForcedExit.TooEarly.selector);
        forcedExit.escapeByStorage(FIRST);
        vm.warp(block.timestamp + GRACE);
        forcedExit.escapeByStorage(FIRST);
        vm.assertEq(token.balanceOf(_owner(FIRST)), 10, "what it had");
    }

    function test_grace_is_longer_than_a_pause() public {
        vm.expectPartialRevert(IForcedExit.InvalidGrace.selector);
        new ForcedExit(registry, ledger, vault, 72 hours);
    }

    /// @dev A log of three events, `a`, `b`, `c`: root = H(1, H(1, a, b), c).
    function test_events_and_state_are_proven_against_a_batch() public {
        bytes32 a = sha256(hex"0061");
        bytes32 b = sha256(hex"0062");
        bytes32 c = sha256(hex"0063");
        bytes32 ab = sha256(abi.encodePacked(bytes1(0x01), a, b));
        bytes memory payload = hex"0100000000";
        Header memory h = _header(payload);
        h.logSize = 3;
        h.logRoot = sha256(abi.encodePacked(bytes1(0x01), ab, c));
        h.stateRoot = h.logRoot;
        ledger.settle(h, payload, _sign(ledger.digestOf(h)));
        bytes32[] memory two = new bytes32[](2);
        (two[0], two[1]) = (a, c);
        bytes32[] memory one = new bytes32[](1);
        one[0] = ab;
        vm.assertTrue(ledger.verifyEvent(h, b, 1, two), "in the middle");
        vm.assertTrue(ledger.verifyEvent(h, c, 2, one), "at the edge");
        vm.assertTrue(ledger.verifyState(h, "b", 1, 3, two), "state");
        vm.expectPartialRevert(ISettlementLedger.InvalidProof.selector);
        ledger.verifyEvent(h, b, 0, two);
        vm.expectPartialRevert(ISettlementLedger.InvalidProof.selector);
        ledger.verifyEvent(h, ab, 1, one);
        vm.expectPartialRevert(ISettlementLedger.InvalidProof.selector);
        ledger.verifyEvent(h, c, 3, one);
        vm.expectPartialRevert(ISettlementLedger.InvalidProof.selector);
        ledger.verifyState(h, "c", 1, 3, two);
    }
}
