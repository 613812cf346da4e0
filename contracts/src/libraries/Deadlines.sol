// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @notice A signature is good until a deadline, and no deadline may be far away: what was signed and not used dies.
library Deadlines {
    /// @notice How far ahead a deadline of a batch or of openings may be, in seconds.
    uint256 internal constant BATCH = 30 minutes;
    /// @notice How far ahead the deadline of an act of governance may be, in seconds: people sign these.
    uint256 internal constant GOVERNANCE = 7 days;

    /// @notice The deadline, Unix seconds, has passed.
    error DeadlineExpired(uint64 deadline);
    /// @notice The deadline, Unix seconds, is further ahead than allowed.
    error DeadlineTooFar(uint64 deadline, uint256 latest);

    function check(uint64 deadline, uint256 horizon) internal view {
        if (block.timestamp > deadline) revert DeadlineExpired(deadline);
        if (deadline > block.timestamp + horizon) revert DeadlineTooFar(deadline, block.timestamp + horizon);
    }
}
