// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Guardian} from "../src/Guardian.sol";
import {OperatorRegistry} from "../src/OperatorRegistry.sol";
import {IGuardian} from "../src/interfaces/IGuardian.sol";
import {IOperatorRegistry} from "../src/interfaces/IOperatorRegistry.sol";
import {ISettlementLedger} from "../src/interfaces/ISettlementLedger.sol";
import {Deadlines} from "../src/libraries/Deadlines.sol";
import {Header, Sig} from "../src/Types.sol";
import {House} from "./House.sol";
import {vm} from "./Vm.sol";

contract GovernanceTest is House {
    function _set(uint256 n) private pure returns (address[] memory ops) {
        ops = new address[](n);
        for (uint256 i = 0; i < n; ++i) ops[i] = address(uint160(0x1000 + i));
    }

    function _propose(address[] memory ops, uint16 k) private {
        registry.proposeSet(ops, k, _soon(), _signedSet(ops, k));
    }

    function _signedSet(address[] memory ops, uint16 k) private view returns (Sig[] memory) {
        bytes32 type_ = keccak256(
            "OperatorSet(uint64 epoch,uint64 proposal,address[] operators,uint16 threshold,uint64 deadline)"
        );
        bytes32 list = keccak256(abi.encodePacked(ops));
        bytes32 hash = keccak256(abi.encode(type_, registry.epoch(), registry.proposals() + 1, list, k, _soon()));
        return _sign(_typed("Novate OperatorRegistry", address(registry), hash));
    }

    function test_a_new_set_waits_and_ends_the_epoch() public {
        _propose(_set(3), 2);
        vm.expectPartialRevert(IOperatorRegistry.TooEarly.selector);
        registry.applySet();
        vm.assertEq(registry.epoch(), 1, "still the old one");
        vm.warp(block.timestamp + 14 days);
        bytes memory payload = _transfer(FIRST, 0);
        payload = hex"0100000000";
        Header memory h = _header(payload);
        Sig[] memory sigs = _sign(ledger.digestOf(h));
        registry.applySet();
        vm.assertEq(registry.epoch(), 2, "in force");
        vm.assertEq(registry.threshold(), 2, "threshold");
        vm.assertTrue(registry.isOperator(1, vm.addr(keys[0])), "history stays");
        vm.assertTrue(!registry.isOperator(2, vm.addr(keys[0])), "no more");
        vm.expectPartialRevert(ISettlementLedger.StaleEpoch.selector);
        ledger.settle(h, payload, sigs);
        h.epoch = 2;
        sigs = _sign(ledger.digestOf(h));
        vm.expectPartialRevert(IOperatorRegistry.NotOperator.selector);
        ledger.settle(h, payload, sigs);
        vm.expectPartialRevert(IOperatorRegistry.NoProposal.selector);
        registry.applySet();
    }

    function testFuzz_a_set_needs_a_majority_of_few(uint8 n, uint8 k) public {
        n %= 20;
        bool good = n >= 1 && n <= 16 && k <= n && 2 * uint256(k) > n;
        address[] memory ops = _set(n);
        if (!good) vm.expectPartialRevert(IOperatorRegistry.InvalidSet.selector);
        new OperatorRegistry(ops, k, 0, guardian);
    }

    function test_a_set_is_ascending_without_doubles_or_nobody() public {
        address[] memory ops = _set(3);
        ops[2] = ops[1];
        vm.expectPartialRevert(IOperatorRegistry.InvalidSet.selector);
        new OperatorRegistry(ops, 2, 0, guardian);
        ops[0] = address(0);
        vm.expectPartialRevert(IOperatorRegistry.InvalidSet.selector);
        new OperatorRegistry(ops, 2, 0, guardian);
    }

    function test_a_proposal_cannot_be_replayed() public {
        address[] memory ops = _set(3);
        Sig[] memory sigs = _signedSet(ops, 2);
        registry.proposeSet(ops, 2, _soon(), sigs);
        vm.expectPartialRevert(IOperatorRegistry.InvalidSignature.selector);
        registry.proposeSet(ops, 2, _soon(), sigs);
        vm.expectPartialRevert(Deadlines.DeadlineTooFar.selector);
        registry.proposeSet(ops, 2, uint64(block.timestamp + 8 days), sigs);
    }

    function test_a_guardian_vetoes_once_in_an_epoch() public {
        vm.expectPartialRevert(IOperatorRegistry.NotGuardian.selector);
        registry.vetoSet();
        _propose(_set(3), 2);
        vm.prank(watchman);
        registry.vetoSet();
        vm.warp(block.timestamp + 14 days);
        vm.expectPartialRevert(IOperatorRegistry.NoProposal.selector);
        registry.applySet();
        _propose(_set(3), 2);
        vm.prank(watchman);
        vm.expectPartialRevert(IOperatorRegistry.VetoUsed.selector);
        registry.vetoSet();
        vm.warp(block.timestamp + 14 days);
        registry.applySet();
    }

    function test_a_pause_ends_by_itself_and_not_at_once_again() public {
        vm.expectPartialRevert(IGuardian.NotGuardian.selector);
        guardian.pause();
        _pause();
        vm.assertTrue(guardian.paused(), "on");
        vm.prank(watchman);
        vm.expectPartialRevert(IGuardian.CoolingDown.selector);
        guardian.pause();
        vm.warp(block.timestamp + 72 hours);
        vm.assertTrue(!guardian.paused(), "over");
        vm.prank(watchman);
        vm.expectPartialRevert(IGuardian.CoolingDown.selector);
        guardian.pause();
        vm.warp(block.timestamp + 72 hours);
        _pause();
    }

    function test_the_operators_end_a_pause_once() public {
        Sig[] memory sigs = _unpause(1);
        vm.expectPartialRevert(IGuardian.NotPaused.selector);
        guardian.unpause(_soon(), sigs);
        _pause();
        sigs = _unpause(1);
        uint64 deadline = _soon();
        guardian.unpause(deadline, sigs);
        vm.assertTrue(!guardian.paused(), "over");
        vm.warp(block.timestamp + 72 hours);
        _pause();
        vm.expectPartialRevert(Deadlines.DeadlineExpired.selector);
        guardian.unpause(deadline, sigs);
        sigs = _unpause(1);
        vm.expectPartialRevert(IOperatorRegistry.InvalidSignature.selector);
        guardian.unpause(_soon(), sigs);
    }

    function _unpause(uint64 number) private view returns (Sig[] memory) {
        bytes32 hash = keccak256(abi.encode(keccak256("Unpause(uint64 pause,uint64 deadline)"), number, _soon()));
        return _sign(_typed("Novate Guardian", address(guardian), hash));
    }

    function test_a_guardian_is_made_with_names_and_a_cooldown() public {
        address[] memory guardians = new address[](1);
        vm.expectPartialRevert(IGuardian.InvalidGuardians.selector);
        new Guardian(guardians, 72 hours, registry);
        guardians[0] = watchman;
        vm.expectPartialRevert(IGuardian.InvalidCooldown.selector);
        new Guardian(guardians, 71 hours, registry);
    }
}
