// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {SignatureChecker} from "@openzeppelin/contracts/utils/cryptography/SignatureChecker.sol";
import {IGuardian} from "./interfaces/IGuardian.sol";
import {IOperatorRegistry} from "./interfaces/IOperatorRegistry.sol";
import {Deadlines} from "./libraries/Deadlines.sol";
import {Sig} from "./Types.sol";

/// @notice What it does, its units and its reverts: IOperatorRegistry.
contract OperatorRegistry is IOperatorRegistry, EIP712 {
    uint256 private constant MAX_OPERATORS = 16;
    bytes32 private constant SET_TYPEHASH = keccak256(
        "OperatorSet(uint64 epoch,uint64 proposal,address[] operators,uint16 threshold,uint64 deadline)"
    );

    struct Proposal {
        uint64 number;
        uint64 eta;
        uint16 threshold;
        address[] operators;
    }

    IGuardian public immutable guardian;
    uint64 public immutable delay;

    uint64 public epoch;
    uint64 public proposals;
    uint16 public threshold;
    mapping(uint64 epoch => mapping(address operator => bool)) public isOperator;
    mapping(uint64 epoch => mapping(address guardian => bool)) public hasVetoed;
    address[] private _operators;
    Proposal private _waiting;

    /// @param ops the first operators, strictly ascending
    /// @param delay_ seconds a later set has to wait; it should exceed the grace period of forced exits
    constructor(address[] memory ops, uint16 k, uint64 delay_, IGuardian guardian_)
        EIP712("Novate OperatorRegistry", "1")
    {
        guardian = guardian_;
        delay = delay_;
        _checkSet(ops, k);
        _install(ops, k);
    }

    function operators() external view returns (address[] memory) {
        return _operators;
    }

    /// @notice The set that waits: its proposal number (0 if none), when it can be applied, and what it is.
    function waiting() external view returns (uint64 number, uint64 eta, uint16 k, address[] memory ops) {
        Proposal storage w = _waiting;
        return (w.number, w.eta, w.threshold, w.operators);
    }

    function checkQuorum(bytes32 digest, Sig[] calldata sigs) public view {
        if (sigs.length < threshold) revert TooFewSigners(sigs.length, threshold);
        mapping(address operator => bool) storage allowed = isOperator[epoch];
        address last = address(0);
        for (uint256 i = 0; i < sigs.length; ++i) {
            address signer = sigs[i].signer;
            if (signer <= last) revert UnsortedSigners(signer);
            last = signer;
            if (!allowed[signer]) revert NotOperator(epoch, signer);
            _checkSignature(signer, digest, sigs[i].data);
        }
    }

    function proposeSet(address[] calldata ops, uint16 k, uint64 deadline, Sig[] calldata sigs) external {
        Deadlines.check(deadline, Deadlines.GOVERNANCE);
        _checkSet(ops, k);
        uint64 number = ++proposals;
        bytes32 operatorsHash = keccak256(abi.encodePacked(ops));
        checkQuorum(
            _hashTypedDataV4(keccak256(abi.encode(SET_TYPEHASH, epoch, number, operatorsHash, k, deadline))), sigs
        );
        uint64 eta = uint64(block.timestamp) + delay;
        _waiting = Proposal({number: number, eta: eta, threshold: k, operators: ops});
        emit SetProposed(number, ops, k, eta);
    }

    function applySet() external {
        Proposal memory w = _waiting;
        if (w.number == 0) revert NoProposal();
        if (block.timestamp < w.eta) revert TooEarly(w.eta);
        delete _waiting;
        _install(w.operators, w.threshold);
    }

    function vetoSet() external {
        if (!guardian.isGuardian(msg.sender)) revert NotGuardian(msg.sender);
        uint64 number = _waiting.number;
        if (number == 0) revert NoProposal();
        if (hasVetoed[epoch][msg.sender]) revert VetoUsed(epoch, msg.sender);
        hasVetoed[epoch][msg.sender] = true;
        delete _waiting;
        emit SetVetoed(number, msg.sender);
    }

    /// @dev Recovering first saves an EOA the look at its code; a contract's address recovers from no signature.
    function _checkSignature(address signer, bytes32 digest, bytes calldata data) private view {
        (address recovered, ECDSA.RecoverError err,) = ECDSA.tryRecoverCalldata(digest, data);
        if (err == ECDSA.RecoverError.NoError && recovered == signer) return;
        if (signer.code.length == 0) {
            if (err == ECDSA.RecoverError.InvalidSignatureS) revert MalleableSignature(signer);
            revert InvalidSignature(signer);
        }
        if (!SignatureChecker.isValidERC1271SignatureNowCalldata(signer, digest, data)) revert InvalidSignature(signer);
    }

    function _checkSet(address[] memory ops, uint16 k) private pure {
        uint256 n = ops.length;
        if (n == 0 || n > MAX_OPERATORS || k > n || 2 * uint256(k) <= n) revert InvalidSet();
        address last = address(0);
        for (uint256 i = 0; i < n; ++i) {
            if (ops[i] <= last) revert InvalidSet();
            last = ops[i];
        }
    }

    function _install(address[] memory ops, uint16 k) private {
        uint64 next = ++epoch;
        threshold = k;
        _operators = ops;
        for (uint256 i = 0; i < ops.length; ++i) isOperator[next][ops[i]] = true;
        emit SetApplied(next, ops, k);
    }
}
