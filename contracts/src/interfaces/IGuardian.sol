// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Sig} from "../Types.sol";

/// @notice A pause that any one guardian may set and that ends by itself. It stops settling, deposits and claims; it
/// moves nothing, and no contract asks it before a forced exit.
/// EIP-712 domain: name "Novate Guardian", version "1". Times are Unix seconds.
interface IGuardian {
    /// @notice Settling, deposits and claims stand still until then.
    event Paused(uint64 indexed number, address indexed guardian, uint64 until);
    /// @notice The operators ended a pause before its time.
    event Unpaused(uint64 indexed number);

    /// @notice The caller is no guardian.
    error NotGuardian(address caller);
    /// @notice A pause is on, or the last one ended too recently; the next one can start then.
    error CoolingDown(uint64 from);
    /// @notice There is no pause to end.
    error NotPaused();
    /// @notice No guardian, or a zero address among them.
    error InvalidGuardians();
    /// @notice The cooldown is shorter than a pause.
    error InvalidCooldown(uint64 cooldown);

    /// @notice Whether a pause is on.
    function paused() external view returns (bool);
    /// @notice End of the latest pause, Unix seconds; 0 if there was none.
    function pausedUntil() external view returns (uint64);
    /// @notice Number of pauses so far; the pause that is on is signed away with this number.
    function pauses() external view returns (uint64);
    /// @notice Whether an address is a guardian. Guardians are set once, when the contract is made.
    function isGuardian(address account) external view returns (bool);

    /// @notice Pauses for 72 hours. By one guardian.
    /// @dev Reverts: NotGuardian, CoolingDown.
    function pause() external;

    /// @notice Ends the pause at once. Signed: `Unpause(uint64 pause,uint64 deadline)`.
    /// @param deadline at most 7 days ahead
    /// @dev Reverts: NotPaused, DeadlineExpired, DeadlineTooFar, and those of OperatorRegistry.checkQuorum.
    function unpause(uint64 deadline, Sig[] calldata sigs) external;
}
