// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {OperatorRegistry} from "../src/OperatorRegistry.sol";
import {SettlementLedger} from "../src/SettlementLedger.sol";
import {IOperatorRegistry} from "../src/interfaces/IOperatorRegistry.sol";
import {ISettlementLedger} from "../src/interfaces/ISettlementLedger.sol";
import {Deadlines} from "../src/libraries/Deadlines.sol";
import {Header, Opening, Sig} from "../src/Types.sol";
import {House} from "./House.sol";
import {vm} from "./Vm.sol";

/// @notice A contract that signs: yes to one digest, whatever the signature.
contract Signer1271 {
    bytes32 internal approved;

    function approve(bytes32 digest) external {
        approved = digest;
    }

    function isValidSignature(bytes32 digest, bytes calldata) external view returns (bytes4) {
        return digest == approved ? bytes4(0x1626ba7e) : bytes4(0xffffffff);
    }
}

contract SettleTest is House {
    bytes internal payload = _transfer(FIRST, 5);

    function setUp() public override {
        super.setUp();
        _deposit(FIRST, 100e6);
        _deposit(FIRST + 1, 100e6);
        _deposit(0, 50e6);
    }

    function _refused(Header memory h, bytes4 why) internal {
        _refusedWith(h, payload, _sign(ledger.digestOf(h)), why);
    }

    function _refusedWith(Header memory h, bytes memory p, Sig[] memory sigs, bytes4 why) internal {
        vm.expectPartialRevert(why);
        ledger.settle(h, p, sigs);
    }

    function _refusedPayload(bytes memory p, bytes4 why) internal {
        Header memory h = _header(p);
        _refusedWith(h, p, _sign(ledger.digestOf(h)), why);
    }

    function test_moves_balances_and_remembers_the_batch() public {
        Header memory h = _header(payload);
        bytes32 digest = ledger.digestOf(h);
        ledger.settle(h, payload, _sign(digest));
        vm.assertEq(ledger.balanceOf(FIRST), 100e6 - 5, "loser");
        vm.assertEq(ledger.balanceOf(FIRST + 1), 100e6 + 5, "winner");
        vm.assertEq(ledger.lastSeq(), 1, "seq");
        vm.assertEq(ledger.lastHash(), digest, "hash");
        vm.assertEq(ledger.lastBalanceRoot(), h.balanceRoot, "root");
        vm.assertEq(ledger.batchHash(1), digest, "history");
        _settle(_transfer(FIRST, -5));
        vm.assertEq(ledger.balanceOf(FIRST), 100e6, "back");
        vm.assertEq(ledger.batchHash(1), digest, "history stays");
    }

    function test_same_batch_twice_is_refused() public {
        Header memory h = _header(payload);
        Sig[] memory sigs = _sign(ledger.digestOf(h));
        ledger.settle(h, payload, sigs);
        _refusedWith(h, payload, sigs, ISettlementLedger.WrongSeq.selector);
    }

    function testFuzz_seq_is_strict(uint64 seq) public {
        vm.assume(seq != 1);
        Header memory h = _header(payload);
        h.seq = seq;
        _refused(h, ISettlementLedger.WrongSeq.selector);
    }

    function test_wrong_prev_hash() public {
        Header memory h = _header(payload);
        h.prevHash = bytes32(uint256(1));
        _refused(h, ISettlementLedger.WrongPrevHash.selector);
    }

    function test_wrong_origin() public {
        Header memory h = _header(payload);
        h.origin = sha256("another house");
        _refused(h, ISettlementLedger.WrongOrigin.selector);
    }

    function test_expired_deadline() public {
        Header memory h = _header(payload);
        h.deadline = uint64(block.timestamp) - 1;
        _refused(h, Deadlines.DeadlineExpired.selector);
    }

    function test_deadline_itself_is_in_time_and_farther_is_too_far() public {
        Header memory h = _header(payload);
        h.deadline = _soon() + 1;
        _refused(h, Deadlines.DeadlineTooFar.selector);
        h.deadline = uint64(block.timestamp);
        ledger.settle(h, payload, _sign(ledger.digestOf(h)));
    }

    function test_stale_epoch() public {
        Header memory h = _header(payload);
        h.epoch = 2;
        _refused(h, ISettlementLedger.StaleEpoch.selector);
    }

    function test_log_does_not_shrink() public {
        _settle(payload);
        Header memory h = _header(payload);
        h.logSize = 99;
        _refused(h, ISettlementLedger.LogShrank.selector);
    }

    function test_other_payload_than_signed() public {
        Header memory h = _header(payload);
        _refusedWith(h, _transfer(FIRST, 6), _sign(ledger.digestOf(h)), ISettlementLedger.PayloadHashMismatch.selector);
    }

    function test_paused() public {
        _pause();
        _refused(_header(payload), ISettlementLedger.Paused.selector);
    }

    function test_too_few_signers() public {
        Header memory h = _header(payload);
        Sig[] memory sigs = new Sig[](K - 1);
        for (uint256 i = 0; i < K - 1; ++i) sigs[i] = _signBy(keys[i], ledger.digestOf(h));
        _refusedWith(h, payload, sigs, IOperatorRegistry.TooFewSigners.selector);
    }

    function test_duplicate_and_unsorted_signers() public {
        Header memory h = _header(payload);
        Sig[] memory sigs = _sign(ledger.digestOf(h));
        (Sig memory first, Sig memory second) = (sigs[0], sigs[1]);
        sigs[1] = first;
        _refusedWith(h, payload, sigs, IOperatorRegistry.UnsortedSigners.selector);
        (sigs[0], sigs[1]) = (second, first);
        _refusedWith(h, payload, sigs, IOperatorRegistry.UnsortedSigners.selector);
    }

    function test_stranger_as_signer() public {
        Header memory h = _header(payload);
        bytes32 digest = ledger.digestOf(h);
        Sig[] memory sigs = _sign(digest);
        uint256 key = 77;
        while (vm.addr(key) <= sigs[1].signer) ++key;
        sigs[2] = _signBy(key, digest);
        _refusedWith(h, payload, sigs, IOperatorRegistry.NotOperator.selector);
    }

    function test_malleable_signature() public {
        Header memory h = _header(payload);
        bytes32 digest = ledger.digestOf(h);
        Sig[] memory sigs = _sign(digest);
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(keys[1], digest);
        uint256 order = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141;
        sigs[1].data = abi.encodePacked(r, bytes32(order - uint256(s)), v == 27 ? uint8(28) : uint8(27));
        _refusedWith(h, payload, sigs, IOperatorRegistry.MalleableSignature.selector);
    }

    function testFuzz_any_other_signature_is_refused(bytes memory data) public {
        Header memory h = _header(payload);
        Sig[] memory sigs = _sign(ledger.digestOf(h));
        vm.assume(keccak256(data) != keccak256(sigs[2].data));
        sigs[2].data = data;
        vm.expectRevert();
        ledger.settle(h, payload, sigs);
    }

    function testFuzz_any_changed_field_breaks_the_quorum(uint8 field, uint64 value) public {
        Header memory h = _header(payload);
        Sig[] memory sigs = _sign(ledger.digestOf(h));
        bytes32 before = keccak256(abi.encode(h));
        field %= 6;
        if (field == 0) h.cycle = value;
        if (field == 1) h.leg = uint16(value);
        if (field == 2) h.logRoot = bytes32(uint256(value));
        if (field == 3) h.stateRoot = bytes32(uint256(value));
        if (field == 4) h.balanceRoot = bytes32(uint256(value));
        if (field == 5) h.logSize = value;
        vm.assume(keccak256(abi.encode(h)) != before);
        _refusedWith(h, payload, sigs, IOperatorRegistry.InvalidSignature.selector);
    }

    function test_no_replay_on_another_chain() public {
        Header memory h = _header(payload);
        Sig[] memory sigs = _sign(ledger.digestOf(h));
        vm.chainId(block.chainid + 1);
        _refusedWith(h, payload, sigs, IOperatorRegistry.InvalidSignature.selector);
    }

    function test_no_replay_on_another_contract() public {
        Header memory h = _header(payload);
        Sig[] memory sigs = _sign(ledger.digestOf(h));
        ledger = _newLedger(address(token));
        _open(_openings());
        _refusedWith(h, payload, sigs, IOperatorRegistry.InvalidSignature.selector);
    }

    function test_contract_signs_by_1271() public {
        Signer1271 signer = new Signer1271();
        address[] memory ops = new address[](1);
        ops[0] = address(signer);
        registry = new OperatorRegistry(ops, 1, 0, guardian);
        bytes32 digest = keccak256("digest");
        Sig[] memory sigs = new Sig[](1);
        sigs[0] = Sig(address(signer), hex"1234");
        vm.expectPartialRevert(IOperatorRegistry.InvalidSignature.selector);
        registry.checkQuorum(digest, sigs);
        signer.approve(digest);
        registry.checkQuorum(digest, sigs);
    }

    function test_sum_is_not_zero() public {
        bytes memory p = abi.encodePacked(hex"0100010000", _pair(FIRST >> 1, -5, 4));
        Header memory h = _header(p);
        Sig[] memory sigs = _sign(ledger.digestOf(h));
        vm.expectRevert(abi.encodeWithSelector(ISettlementLedger.NotZeroSum.selector, int256(-1)));
        ledger.settle(h, p, sigs);
    }

    function test_member_does_not_go_below_zero() public {
        _settle(_transfer(FIRST, 100e6));
        vm.assertEq(ledger.balanceOf(FIRST), 0, "emptied");
        bytes memory p = _transfer(FIRST, 1);
        Header memory h = _header(p);
        Sig[] memory sigs = _sign(ledger.digestOf(h));
        vm.expectRevert(abi.encodeWithSelector(ISettlementLedger.BelowFloor.selector, FIRST, int256(-1)));
        ledger.settle(h, p, sigs);
    }

    function test_house_goes_to_its_floor_and_no_further() public {
        int256 room = 50e6 - int256(FLOOR);
        bytes memory p = abi.encodePacked(hex"0100020000", _pair(0, -room, 0), _pair(FIRST >> 1, room, 0));
        _settle(p);
        vm.assertEq(ledger.balanceOf(0), FLOOR, "at its floor");
        p = abi.encodePacked(hex"0100020000", _pair(0, -1, 0), _pair(FIRST >> 1, 1, 0));
        _refusedPayload(p, ISettlementLedger.BelowFloor.selector);
        _refusedPayload(_withdrawal(0, treasury, 1), ISettlementLedger.BelowFloor.selector);
    }

    function test_house_does_not_withdraw_on_credit() public {
        _refusedPayload(_withdrawal(0, treasury, 50e6 + 1), ISettlementLedger.BelowFloor.selector);
        _settle(_withdrawal(0, treasury, 50e6));
        vm.assertEq(ledger.balanceOf(0), 0, "emptied");
    }

    function test_unopened_account_takes_nothing() public {
        uint32 unopened = FIRST + MEMBERS + 1;
        bytes memory p = abi.encodePacked(hex"0100020000", _pair(FIRST >> 1, -1, 0), _pair(unopened >> 1, 0, 1));
        _refusedPayload(p, ISettlementLedger.UnopenedAccount.selector);
        p = abi.encodePacked(hex"0100020000", _pair(FIRST >> 1, 1, 0), _pair(unopened >> 1, -1, 0));
        _refusedPayload(p, ISettlementLedger.UnopenedAccount.selector);
        _refusedPayload(_withdrawal(unopened, treasury, 1), ISettlementLedger.UnopenedAccount.selector);
    }

    function test_gross_limit() public {
        ledger = new SettlementLedger(
            SettlementLedger.Parts(registry, guardian, vault, address(1), address(token), ORIGIN, 10, FLOOR)
        );
        _open(_openings());
        _settle(abi.encodePacked(hex"0100020000", _pair(0, -10, 0), _pair(FIRST >> 1, 4, 6)));
        bytes memory p = abi.encodePacked(hex"0100020000", _pair(0, -11, 0), _pair(FIRST >> 1, 5, 6));
        _refusedPayload(p, ISettlementLedger.GrossAboveLimit.selector);
    }

    function test_openings_are_refused() public {
        Opening[] memory one = new Opening[](1);
        one[0] = Opening(FIRST, treasury);
        _refusedOpening(one, 1, _soon(), ISettlementLedger.AlreadyOpened.selector);
        one[0] = Opening(1 << 20, treasury);
        _refusedOpening(one, 1, _soon(), ISettlementLedger.InvalidOpening.selector);
        one[0] = Opening(99, address(0));
        _refusedOpening(one, 1, _soon(), ISettlementLedger.InvalidOpening.selector);
        one[0] = Opening(99, treasury);
        _refusedOpening(one, 2, _soon(), ISettlementLedger.StaleEpoch.selector);
        _refusedOpening(one, 1, uint64(block.timestamp) - 1, Deadlines.DeadlineExpired.selector);
        _refusedOpening(one, 1, _soon() + 1, Deadlines.DeadlineTooFar.selector);
    }

    function _refusedOpening(Opening[] memory openings, uint64 epoch, uint64 deadline, bytes4 why) internal {
        Sig[] memory sigs = _sign(_openingsDigest(openings, epoch, deadline));
        vm.expectPartialRevert(why);
        ledger.openAccounts(openings, epoch, deadline, sigs);
    }

    function test_only_the_named_contracts_may_call() public {
        vm.expectPartialRevert(ISettlementLedger.Unauthorized.selector);
        ledger.credit(FIRST, 1);
        vm.expectPartialRevert(ISettlementLedger.Unauthorized.selector);
        ledger.freeze();
        vm.expectPartialRevert(ISettlementLedger.Unauthorized.selector);
        ledger.exit(FIRST, 1);
    }

    /// @dev The two halves computed at once give what one after the other gives.
    function testFuzz_batch_is_as_computed_by_hand(int64[6] memory draws, uint256 holes) public {
        for (uint32 i = 0; i < MEMBERS; ++i) _deposit(FIRST + i, 1e20);
        int256[6] memory deltas;
        int256 sum;
        for (uint256 i = 0; i < 6; ++i) {
            if ((holes >> i) & 1 == 0) deltas[i] = draws[i];
            sum += deltas[i];
        }
        bytes memory body = _pair(0, -sum, 0);
        uint16 pairs = 1;
        if (sum == 0) (body, pairs) = ("", 0);
        for (uint256 i = 0; i < 6; i += 2) {
            if (deltas[i] == 0 && deltas[i + 1] == 0) continue;
            body = abi.encodePacked(body, _pair((FIRST + i) >> 1, deltas[i], deltas[i + 1]));
            ++pairs;
        }
        _deposit(0, 1e20);
        int256[7] memory before;
        for (uint32 i = 0; i < 6; ++i) before[i] = ledger.balanceOf(FIRST + i);
        before[6] = ledger.balanceOf(0);
        _settle(abi.encodePacked(hex"01", pairs, uint16(0), body));
        for (uint32 i = 0; i < 6; ++i) vm.assertEq(ledger.balanceOf(FIRST + i), before[i] + deltas[i], "member");
        vm.assertEq(ledger.balanceOf(0), before[6] - sum, "house");
    }
}
