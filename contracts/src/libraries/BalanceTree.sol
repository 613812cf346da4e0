// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @notice The tree of balances a batch commits to: keccak256, 20 levels, one leaf per settlement account.
/// leaf = keccak256(0x00 | uint32 index | address owner | uint128 balance | uint128 credited), zero where none is open;
/// node = keccak256(0x01 | left | right). Leaves and nodes begin differently, so neither passes for the other.
library BalanceTree {
    uint256 internal constant DEPTH = 20;

    /// @notice The proof is not 20 siblings long.
    error ProofLength(uint256 length);

    /// @param balance in rail units; a negative house balance is shown as 0
    /// @param credited all deposits to the account that are in the balance, rail units
    function leaf(uint32 index, address owner, uint128 balance, uint128 credited) internal pure returns (bytes32) {
        return keccak256(abi.encodePacked(bytes1(0x00), index, owner, balance, credited));
    }

    /// @param proof the siblings, from the leaf up
    /// @return node the root the leaf and its siblings lead to
    function rootOf(bytes32 leafHash, uint32 index, bytes32[] calldata proof) internal pure returns (bytes32 node) {
        if (proof.length != DEPTH) revert ProofLength(proof.length);
        node = leafHash;
        for (uint256 level = 0; level < DEPTH; ++level) {
            bytes32 sibling = proof[level];
            node = (index >> level) & 1 == 0
                ? keccak256(abi.encodePacked(bytes1(0x01), node, sibling))
                : keccak256(abi.encodePacked(bytes1(0x01), sibling, node));
        }
    }
}
