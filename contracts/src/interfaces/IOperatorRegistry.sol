// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Sig} from "../Types.sol";

/// @notice Who may approve what the other contracts do: k of n operators, more than half of them, in numbered epochs.
/// A change of the set is approved by the present one, waits, and can be vetoed by a guardian meanwhile.
/// EIP-712 domain: name "Novate OperatorRegistry", version "1". Times are Unix seconds, durations seconds.
interface IOperatorRegistry {
    /// @notice A set of operators waits to replace the present one.
    event SetProposed(uint64 indexed proposal, address[] operators, uint16 threshold, uint64 eta);
    /// @notice A set is in force from now on.
    event SetApplied(uint64 indexed epoch, address[] operators, uint16 threshold);
    /// @notice A guardian struck the waiting set.
    event SetVetoed(uint64 indexed proposal, address indexed guardian);

    /// @notice Not 1 to 16 operators, not strictly ascending, a zero address, or not n/2 < threshold <= n.
    error InvalidSet();
    /// @notice Signers must be strictly ascending; this one is not above the one before it, or is there twice.
    error UnsortedSigners(address signer);
    /// @notice The signer is no operator of the epoch.
    error NotOperator(uint64 epoch, address signer);
    /// @notice Fewer signatures than the threshold.
    error TooFewSigners(uint256 have, uint256 need);
    /// @notice The signature's s is in the upper half of the order, so a second valid signature could be made of it.
    error MalleableSignature(address signer);
    /// @notice The signature is not the signer's over this digest.
    error InvalidSignature(address signer);
    /// @notice No set is waiting.
    error NoProposal();
    /// @notice The waiting set cannot be applied before `eta`.
    error TooEarly(uint64 eta);
    /// @notice The caller is no guardian.
    error NotGuardian(address caller);
    /// @notice This guardian has vetoed in this epoch already: a veto delays, it does not rule.
    error VetoUsed(uint64 epoch, address guardian);

    /// @notice Number of the set in force, from 1.
    function epoch() external view returns (uint64);
    /// @notice How many operators must sign.
    function threshold() external view returns (uint16);
    /// @notice Whether an address was an operator in an epoch.
    function isOperator(uint64 epoch, address operator) external view returns (bool);
    /// @notice The operators in force, ascending.
    function operators() external view returns (address[] memory);
    /// @notice How long a proposed set waits, in seconds.
    function delay() external view returns (uint64);
    /// @notice Number of proposals made so far; the next one is signed with this number.
    function proposals() external view returns (uint64);

    /// @notice Returns if a quorum of the present epoch signed the digest.
    /// @param sigs strictly ascending by signer, at least `threshold` of them; each one is checked
    /// @dev Reverts: TooFewSigners, UnsortedSigners, NotOperator, MalleableSignature, InvalidSignature.
    function checkQuorum(bytes32 digest, Sig[] calldata sigs) external view;

    /// @notice Proposes the set that shall follow; replaces one that waits.
    /// Signed: `OperatorSet(uint64 epoch,uint64 proposal,address[] operators,uint16 threshold,uint64 deadline)`.
    /// @param ops strictly ascending, at most 16
    /// @param k threshold, n/2 < k <= n
    /// @param deadline at most 7 days ahead
    /// @dev Reverts: InvalidSet, DeadlineExpired, DeadlineTooFar, and those of checkQuorum.
    function proposeSet(address[] calldata ops, uint16 k, uint64 deadline, Sig[] calldata sigs) external;

    /// @notice Puts the waiting set in force, in a new epoch. Anyone may call.
    /// @dev Reverts: NoProposal, TooEarly.
    function applySet() external;

    /// @notice Strikes the waiting set. By a guardian, once in an epoch each.
    /// @dev Reverts: NotGuardian, NoProposal, VetoUsed.
    function vetoSet() external;
}
