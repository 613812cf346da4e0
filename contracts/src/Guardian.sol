// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {IGuardian} from "./interfaces/IGuardian.sol";
import {IOperatorRegistry} from "./interfaces/IOperatorRegistry.sol";
import {Deadlines} from "./libraries/Deadlines.sol";
import {Sig} from "./Types.sol";

/// @notice What it does, its units and its reverts: IGuardian.
contract Guardian is IGuardian, EIP712 {
    bytes32 private constant UNPAUSE_TYPEHASH = keccak256("Unpause(uint64 pause,uint64 deadline)");

    /// @notice Length of a pause, in seconds.
    uint64 public constant PAUSE = 72 hours;
    /// @notice Seconds between the end of a pause and the start of the next.
    uint64 public immutable cooldown;
    IOperatorRegistry public immutable registry;

    uint64 public pausedUntil;
    uint64 public pauses;
    mapping(address account => bool) public isGuardian;

    /// @param guardians each may pause alone
    /// @param cooldown_ seconds; at least as long as a pause, so that the house is open half of the time whatever one
    /// guardian does
    constructor(address[] memory guardians, uint64 cooldown_, IOperatorRegistry registry_)
        EIP712("Novate Guardian", "1")
    {
        if (cooldown_ < PAUSE) revert InvalidCooldown(cooldown_);
        if (guardians.length == 0) revert InvalidGuardians();
        for (uint256 i = 0; i < guardians.length; ++i) {
            if (guardians[i] == address(0)) revert InvalidGuardians();
            isGuardian[guardians[i]] = true;
        }
        cooldown = cooldown_;
        registry = registry_;
    }

    function paused() public view returns (bool) {
        return block.timestamp < pausedUntil;
    }

    function pause() external {
        if (!isGuardian[msg.sender]) revert NotGuardian(msg.sender);
        uint64 from = pausedUntil + cooldown;
        if (block.timestamp < from) revert CoolingDown(from);
        pausedUntil = uint64(block.timestamp) + PAUSE;
        emit Paused(++pauses, msg.sender, pausedUntil);
    }

    function unpause(uint64 deadline, Sig[] calldata sigs) external {
        if (!paused()) revert NotPaused();
        Deadlines.check(deadline, Deadlines.GOVERNANCE);
        registry.checkQuorum(_hashTypedDataV4(keccak256(abi.encode(UNPAUSE_TYPEHASH, pauses, deadline))), sigs);
        pausedUntil = uint64(block.timestamp);
        emit Unpaused(pauses);
    }
}
