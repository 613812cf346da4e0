// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {BalanceTree} from "../src/libraries/BalanceTree.sol";
import {SettlementLedger} from "../src/SettlementLedger.sol";
import {Header, Opening} from "../src/Types.sol";
import {House} from "./House.sol";
import {vm} from "./Vm.sol";

/// @notice The contracts' side of contracts/vectors; the settlement service reads the same files.
contract VectorsTest is House {
    string private constant FOLDER = "contracts/vectors/";

    function test_payloads_are_read_as_written() public {
        string memory json = vm.readFile(string.concat(FOLDER, "payload.json"));
        _openAll();
        uint256 cases = 0;
        for (string memory key = _case(0); vm.keyExistsJson(json, key); key = _case(++cases)) {
            bytes memory payload = vm.parseJsonBytes(json, string.concat(key, ".payload"));
            vm.assertEq(keccak256(payload), vm.parseJsonBytes32(json, string.concat(key, ".payloadHash")), "hash");
            _applies(json, key, payload);
        }
        vm.assertEq(cases, 8, "cases read");
    }

    function test_what_is_no_payload_is_refused_by_name() public {
        string memory json = vm.readFile(string.concat(FOLDER, "payload.json"));
        _openAll();
        uint256 cases = 0;
        for (string memory key = _refusal(0); vm.keyExistsJson(json, key); key = _refusal(++cases)) {
            bytes memory payload = vm.parseJsonBytes(json, string.concat(key, ".payload"));
            bytes4 why = _selectorOf(vm.parseJsonString(json, string.concat(key, ".error")));
            Header memory h = _header(payload);
            bytes32 digest = ledger.digestOf(h);
            vm.expectPartialRevert(why);
            ledger.settle(h, payload, _sign(digest));
        }
        vm.assertEq(cases, 13, "cases read");
    }

    function test_digests() public {
        string memory json = vm.readFile(string.concat(FOLDER, "batch.json"));
        vm.chainId(vm.parseJsonUint(json, ".chainId"));
        Header memory h = Header({
            origin: vm.parseJsonBytes32(json, ".header.origin"),
            seq: uint64(vm.parseJsonUint(json, ".header.seq")),
            prevHash: vm.parseJsonBytes32(json, ".header.prevHash"),
            cycle: uint64(vm.parseJsonUint(json, ".header.cycle")),
            leg: uint16(vm.parseJsonUint(json, ".header.leg")),
            payloadHash: vm.parseJsonBytes32(json, ".header.payloadHash"),
            logSize: uint64(vm.parseJsonUint(json, ".header.logSize")),
            logRoot: vm.parseJsonBytes32(json, ".header.logRoot"),
            stateRoot: vm.parseJsonBytes32(json, ".header.stateRoot"),
            balanceRoot: vm.parseJsonBytes32(json, ".header.balanceRoot"),
            epoch: uint64(vm.parseJsonUint(json, ".header.epoch")),
            deadline: uint64(vm.parseJsonUint(json, ".header.deadline"))
        });
        vm.assertEq(h.origin, sha256(bytes(vm.parseJsonString(json, ".origin"))), "origin");
        // The ledger's code at the address of the vector: the domain is built anew for where it stands.
        address place = vm.parseJsonAddress(json, ".verifyingContract");
        vm.etch(place, address(ledger).code);
        vm.assertEq(SettlementLedger(place).digestOf(h), vm.parseJsonBytes32(json, ".digest"), "batch");
        ledger = SettlementLedger(place);
        Opening[] memory list = new Opening[](3);
        for (uint256 i = 0; i < 3; ++i) {
            string memory each = string.concat(".openings.list[", vm.toString(i), "]");
            list[i].index = uint32(vm.parseJsonUint(json, string.concat(each, ".index")));
            list[i].owner = vm.parseJsonAddress(json, string.concat(each, ".owner"));
        }
        vm.assertEq(keccak256(abi.encode(list)), vm.parseJsonBytes32(json, ".openings.openingsHash"), "list");
        vm.assertEq(
            _openingsDigest(list, 3, 1_900_000_000), vm.parseJsonBytes32(json, ".openings.digest"), "openings"
        );
    }

    function test_balance_tree() public view {
        string memory json = vm.readFile(string.concat(FOLDER, "balance-tree.json"));
        bytes32 root = vm.parseJsonBytes32(json, ".root");
        uint256 leaves = 0;
        for (string memory key = ".leaves[0]"; vm.keyExistsJson(json, key); key = _leaf(++leaves)) {
            uint32 index = uint32(vm.parseJsonUint(json, string.concat(key, ".index")));
            bytes32 leaf = BalanceTree.leaf(
                index,
                vm.parseJsonAddress(json, string.concat(key, ".owner")),
                uint128(vm.parseJsonUint(json, string.concat(key, ".balance"))),
                uint128(vm.parseJsonUint(json, string.concat(key, ".credited")))
            );
            vm.assertEq(leaf, vm.parseJsonBytes32(json, string.concat(key, ".leaf")), "leaf");
            bytes32[] memory proof = vm.parseJsonBytes32Array(json, string.concat(key, ".proof"));
            vm.assertEq(this.rootOf(leaf, index, proof), root, "root");
        }
        vm.assertEq(leaves, 6, "leaves read");
        vm.assertEq(_emptyRoot(), vm.parseJsonBytes32(json, ".emptyRoot"), "empty");
    }

    function rootOf(bytes32 leaf, uint32 index, bytes32[] calldata proof) external pure returns (bytes32) {
        return BalanceTree.rootOf(leaf, index, proof);
    }

    function _emptyRoot() private pure returns (bytes32 node) {
        for (uint256 level = 0; level < 20; ++level) node = keccak256(abi.encodePacked(bytes1(0x01), node, node));
    }

    function _openAll() private {
        Opening[] memory more = new Opening[](2);
        more[0] = Opening(2 ** 20 - 2, treasury);
        more[1] = Opening(2 ** 20 - 1, treasury);
        _open(more);
        for (uint32 i = 0; i < 4; ++i) _deposit(FIRST + i, 1e9);
        _deposit(2 ** 20 - 1, 1e9);
    }

    /// @dev Those with amounts nobody holds are refused for that and for nothing else.
    function _applies(string memory json, string memory key, bytes memory payload) private {
        Header memory h = _header(payload);
        bytes32 digest = ledger.digestOf(h);
        int256 first = _delta(json, key, 0);
        bool tooLarge = first > 1e20 || vm.keyExistsJson(json, string.concat(key, ".withdrawals[2]"));
        if (tooLarge) vm.expectRevert();
        ledger.settle(h, payload, _sign(digest));
        if (tooLarge || first == 0) return;
        uint32 index = uint32(vm.parseJsonUint(json, string.concat(key, ".entries[0][0]")));
        uint256 credited = ledger.creditedOf(index);
        moved[index] += first;
        vm.assertEq(int256(ledger.balanceOf(index)), int256(credited) + moved[index], "moved");
    }

    mapping(uint32 index => int256) private moved;

    function _delta(string memory json, string memory key, uint256 i) private view returns (int256) {
        string memory entry = string.concat(key, ".entries[", vm.toString(i), "]");
        return vm.keyExistsJson(json, entry) ? vm.parseJsonInt(json, string.concat(entry, "[1]")) : int256(0);
    }

    function _case(uint256 i) private pure returns (string memory) {
        return string.concat(".cases[", vm.toString(i), "]");
    }

    function _refusal(uint256 i) private pure returns (string memory) {
        return string.concat(".refused[", vm.toString(i), "]");
    }

    function _leaf(uint256 i) private pure returns (string memory) {
        return string.concat(".leaves[", vm.toString(i), "]");
    }

    function _selectorOf(string memory name) private pure returns (bytes4) {
        bytes32 n = keccak256(bytes(name));
        if (n == keccak256("PayloadLength")) return bytes4(keccak256("PayloadLength(uint256,uint256)"));
        if (n == keccak256("PayloadVersion")) return bytes4(keccak256("PayloadVersion(uint8)"));
        if (n == keccak256("NotZeroSum")) return bytes4(keccak256("NotZeroSum(int256)"));
        bool ofSlot = n == keccak256("UnsortedPairs") || n == keccak256("EmptyPair");
        return bytes4(keccak256(bytes(string.concat(name, ofSlot ? "(uint256)" : "(uint32)"))));
    }
}
