// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Header, Sig} from "../src/Types.sol";
import {House} from "./House.sol";
import {vm} from "./Vm.sol";

/// @notice Whatever members, operators, guardians and attackers do, in any order. Legal acts must succeed, illegal ones
/// must not: either way the run fails.
contract Handler is House {
    uint256 public batches;
    uint256 public depositedTotal;
    uint256 public paidTotal;
    bytes32 public lastDigest;
    bytes private _lastPayload;
    Header private _last;
    Sig[] private _lastSigs;

    function begin() external {
        setUp();
        for (uint32 i = 0; i < MEMBERS; ++i) _put(FIRST + i, 1e9);
    }

    function _put(uint32 index, uint256 amount) private {
        _deposit(index, amount);
        depositedTotal += amount;
    }

    function _member(uint256 seed) private pure returns (uint32) {
        return FIRST + uint32(seed % MEMBERS);
    }

    function _open() private view returns (bool) {
        return !ledger.frozen() && !guardian.paused();
    }

    function deposit(uint256 seed, uint32 amount) external {
        if (_open()) _put(_member(seed), uint256(amount) + 1);
    }

    /// @dev One pays three others and the house, and one withdraws what it can.
    function settle(uint256 seed, uint32[4] calldata amounts, uint32 take) external {
        if (!_open()) return;
        int256[6] memory deltas;
        int256 house = 0;
        for (uint256 i = 0; i < 4; ++i) {
            uint256 from = uint256(keccak256(abi.encode(seed, i))) % 6;
            uint256 to = uint256(keccak256(abi.encode(seed, i, "to"))) % 7;
            int256 room = ledger.balanceOf(FIRST + uint32(from)) + deltas[from];
            int256 amount = int256(uint256(amounts[i])) < room ? int256(uint256(amounts[i])) : room;
            if (amount <= 0) continue;
            deltas[from] -= amount;
            if (to == 6) house += amount;
            else deltas[to] += amount;
        }
        (bytes memory body, uint16 pairs) = _body(deltas, house);
        uint32 index = _member(seed);
        int256 has = ledger.balanceOf(index) + deltas[index - FIRST];
        uint128 amount_ = has > 0 ? uint128(uint256(take) % uint256(has)) : 0;
        bytes memory tail = amount_ == 0 ? bytes("") : abi.encodePacked(index, _owner(index), amount_);
        _submit(abi.encodePacked(hex"01", pairs, uint16(amount_ == 0 ? 0 : 1), body, tail));
    }

    function _body(int256[6] memory deltas, int256 house) private pure returns (bytes memory body, uint16 pairs) {
        if (house != 0) (body, pairs) = (_pair(0, house, 0), 1);
        for (uint256 i = 0; i < 6; i += 2) {
            if (deltas[i] == 0 && deltas[i + 1] == 0) continue;
            body = abi.encodePacked(body, _pair((FIRST + i) >> 1, deltas[i], deltas[i + 1]));
            ++pairs;
        }
    }

    function _submit(bytes memory payload) private {
        Header memory h = _header(payload);
        lastDigest = ledger.digestOf(h);
        Sig[] memory sigs = _sign(lastDigest);
        ledger.settle(h, payload, sigs);
        ++batches;
        (_last, _lastPayload) = (h, payload);
        delete _lastSigs;
        for (uint256 i = 0; i < K; ++i) _lastSigs.push(sigs[i]);
    }

    function attackReplay() external {
        if (batches == 0) return;
        vm.expectRevert();
        ledger.settle(_last, _lastPayload, _lastSigs);
    }

    function attackTooFew(uint8 signers, bool twice) external {
        bytes memory payload = _transfer(FIRST, 1);
        Header memory h = _header(payload);
        bytes32 digest = ledger.digestOf(h);
        Sig[] memory sigs = new Sig[](signers % K + (twice ? 1 : 0));
        for (uint256 i = 0; i < sigs.length; ++i) sigs[i] = _signBy(keys[i == 0 ? 0 : i - (twice ? 1 : 0)], digest);
        vm.expectRevert();
        ledger.settle(h, payload, sigs);
    }

    /// @dev Money out of nothing, and more than an account has.
    function attackPayload(uint32 extra, uint256 seed) external {
        uint32 index = _member(seed) & ~uint32(1);
        _refused(abi.encodePacked(hex"0100010000", _pair(index >> 1, 0, int256(uint256(extra)) + 1)));
        int256 tooMuch = int256(ledger.balanceOf(index)) + 1 + int256(uint256(extra));
        _refused(_transfer(index, tooMuch));
        _refused(_withdrawal(index, address(this), uint128(uint256(tooMuch))));
    }

    function _refused(bytes memory payload) private {
        Header memory h = _header(payload);
        Sig[] memory sigs = _sign(ledger.digestOf(h));
        vm.expectRevert();
        ledger.settle(h, payload, sigs);
    }

    function claim(uint256 seed, uint256 part) external {
        address to = _owner(_member(seed));
        uint128 have = vault.claimable(address(token), to);
        if (have == 0 || guardian.paused()) return;
        uint128 amount = uint128(part % have) + 1;
        vault.claim(address(token), to, amount);
        paidTotal += amount;
    }

    function pause(uint8 rarely) external {
        if (rarely % 4 != 0 || block.timestamp < guardian.pausedUntil() + guardian.cooldown()) return;
        _pause();
    }

    function pass(uint32 time) external {
        vm.warp(block.timestamp + 1 + time % 3 days);
    }

    function requestExit(uint256 seed) external {
        uint32 index = _member(seed);
        (uint64 number,,,) = forcedExit.requestOf(index);
        if (ledger.frozen() || number != 0 || ledger.balanceOf(index) == 0) return;
        vm.prank(_owner(index));
        forcedExit.requestExit(index);
    }

    /// @dev Whether it may be is not asked here: what follows from it is checked.
    function freeze(uint256 seed) external {
        try forcedExit.freeze(_member(seed)) {} catch {}
    }

    function escape(uint256 seed) external {
        uint32 index = _member(seed);
        if (!ledger.frozen()) {
            vm.expectRevert();
            forcedExit.escapeByStorage(index);
            return;
        }
        if (block.timestamp < forcedExit.frozenAt() + GRACE) return;
        if (forcedExit.hasEscaped(index) || ledger.balanceOf(index) == 0) {
            vm.expectRevert();
            forcedExit.escapeByStorage(index);
            return;
        }
        uint256 before = token.balanceOf(_owner(index));
        forcedExit.escapeByStorage(index);
        paidTotal += token.balanceOf(_owner(index)) - before;
    }

    function actions() external pure returns (bytes4[] memory list) {
        list = new bytes4[](12);
        list[0] = this.deposit.selector;
        list[1] = this.settle.selector;
        list[2] = this.attackReplay.selector;
        list[3] = this.attackTooFew.selector;
        list[4] = this.attackPayload.selector;
        list[5] = this.claim.selector;
        list[6] = this.pause.selector;
        list[7] = this.pass.selector;
        list[8] = this.requestExit.selector;
        list[9] = this.freeze.selector;
        list[10] = this.escape.selector;
        list[11] = this.settle.selector;
    }

    function sums() external view returns (int256 balances, uint256 claimable) {
        balances = ledger.balanceOf(0);
        for (uint32 i = 0; i < MEMBERS; ++i) {
            balances += ledger.balanceOf(FIRST + i);
            claimable += vault.claimable(address(token), _owner(FIRST + i));
        }
    }

    function vaultHas() external view returns (uint256 tokens, uint256 held) {
        return (token.balanceOf(address(vault)), vault.held(address(token)));
    }

    function lowest() external view returns (int256 least) {
        for (uint32 i = 0; i < MEMBERS; ++i) {
            int256 balance = ledger.balanceOf(FIRST + i);
            if (balance < least) least = balance;
        }
    }

    function chain() external view returns (uint64 seq, bytes32 hash, bool frozen) {
        return (ledger.lastSeq(), ledger.lastHash(), ledger.frozen());
    }
}

contract InvariantsTest {
    struct FuzzSelector {
        address addr;
        bytes4[] selectors;
    }

    Handler private handler;

    function setUp() public {
        handler = new Handler();
        handler.begin();
    }

    function targetContracts() external view returns (address[] memory targets) {
        targets = new address[](1);
        targets[0] = address(handler);
    }

    function targetSelectors() external view returns (FuzzSelector[] memory targets) {
        targets = new FuzzSelector[](1);
        targets[0] = FuzzSelector(address(handler), handler.actions());
    }

    /// @dev One run checks them all: what takes time is the acting.
    function invariant_money_is_conserved_and_the_chain_of_batches_holds() external view {
        (int256 balances, uint256 claimable) = handler.sums();
        (uint256 tokens, uint256 held) = handler.vaultHas();
        vm.assertEq(tokens, held, "the vault has what it owes");
        vm.assertEq(tokens + handler.paidTotal(), handler.depositedTotal(), "in is out or there");
        vm.assertEq(int256(held), balances + int256(claimable), "and owes balances and claims");
        vm.assertEq(handler.lowest(), int256(0), "no member below zero");
        (uint64 seq, bytes32 hash,) = handler.chain();
        vm.assertEq(seq, handler.batches(), "a number for each batch");
        vm.assertEq(hash, handler.lastDigest(), "and the last one's hash");
    }
}
