// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @notice One operator's approval of a digest.
/// @param signer the operator, an EOA or a contract that answers EIP-1271
/// @param data 65 bytes r, s, v with s in the lower half of the order; whatever the contract expects for EIP-1271
struct Sig {
    address signer;
    bytes data;
}

/// @notice What operators sign for a batch: EIP-712 type `Batch`, in this order.
/// @param origin SHA-256 of the UTF-8 name of the log the batch comes from
/// @param seq number of the batch on this contract: 1, 2, 3 ...
/// @param prevHash digest of batch seq - 1; zero for the first
/// @param cycle settlement cycle of the clearing house
/// @param leg which leg of that cycle this is, from 0
/// @param payloadHash keccak256 of the payload's bytes
/// @param logSize number of events in the log when the batch was cut
/// @param logRoot RFC 9162 SHA-256 root over those events
/// @param stateRoot hash of the clearing house's state after those events
/// @param balanceRoot root of the balance tree after this batch
/// @param epoch operator set that signs
/// @param deadline Unix seconds; the batch can be settled up to and including then
struct Header {
    bytes32 origin;
    uint64 seq;
    bytes32 prevHash;
    uint64 cycle;
    uint16 leg;
    bytes32 payloadHash;
    uint64 logSize;
    bytes32 logRoot;
    bytes32 stateRoot;
    bytes32 balanceRoot;
    uint64 epoch;
    uint64 deadline;
}

/// @notice A settlement account to be opened.
/// @param index its number, below 2^20; 0 to 15 belong to the house
/// @param owner who may request its exit and receives an escape
struct Opening {
    uint32 index;
    address owner;
}
