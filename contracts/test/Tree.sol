// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {BalanceTree} from "../src/libraries/BalanceTree.sol";

/// @notice A balance tree whose accounts are all below index 32.
library Tree {
    uint256 private constant WIDTH = 32;
    uint256 private constant LEVELS = 5;

    function root(bytes32[32] memory leaves) internal pure returns (bytes32 node) {
        node = _node(leaves, LEVELS, 0);
        for (uint256 level = LEVELS; level < BalanceTree.DEPTH; ++level) node = _hash(node, _empty(level));
    }

    function proof(bytes32[32] memory leaves, uint32 index) internal pure returns (bytes32[] memory siblings) {
        siblings = new bytes32[](BalanceTree.DEPTH);
        for (uint256 level = 0; level < BalanceTree.DEPTH; ++level) {
            siblings[level] = level < LEVELS ? _node(leaves, level, (index >> level) ^ 1) : _empty(level);
        }
    }

    function _node(bytes32[32] memory leaves, uint256 level, uint256 place) private pure returns (bytes32) {
        if (level == 0) return leaves[place];
        return _hash(_node(leaves, level - 1, 2 * place), _node(leaves, level - 1, 2 * place + 1));
    }

    function _empty(uint256 level) private pure returns (bytes32 node) {
        for (uint256 i = 0; i < level; ++i) node = _hash(node, node);
    }

    function _hash(bytes32 left, bytes32 right) private pure returns (bytes32) {
        return keccak256(abi.encodePacked(bytes1(0x01), left, right));
    }
}
