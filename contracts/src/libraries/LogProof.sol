// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @notice Inclusion in the log and in the state: SHA-256 trees after RFC 9162.
library LogProof {
    /// @notice RFC 9162 leaf hash of a line.
    function leaf(bytes calldata line) internal pure returns (bytes32) {
        return sha256(abi.encodePacked(bytes1(0x00), line));
    }

    /// @notice The algorithm of RFC 9162 section 2.1.3.2.
    /// @return whether the leaf hash stands at `index` of the tree of `size` leaves with this root
    function includes(bytes32 root, bytes32 leafHash, uint64 index, uint64 size, bytes32[] calldata proof)
        internal
        pure
        returns (bool)
    {
        if (index >= size) return false;
        uint256 fn = index;
        uint256 sn = size - 1;
        bytes32 node = leafHash;
        for (uint256 i = 0; i < proof.length; ++i) {
            if (sn == 0) return false;
            if (fn & 1 == 1 || fn == sn) {
                node = sha256(abi.encodePacked(bytes1(0x01), proof[i], node));
                while (fn & 1 == 0 && fn != 0) {
                    fn >>= 1;
                    sn >>= 1;
                }
            } else {
                node = sha256(abi.encodePacked(bytes1(0x01), node, proof[i]));
            }
            fn >>= 1;
            sn >>= 1;
        }
        return sn == 0 && node == root;
    }
}
