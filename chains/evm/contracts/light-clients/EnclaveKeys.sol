// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {EnclaveErrors, EnclaveKeyErrors} from "../errors/EnclaveErrors.sol";
import {IAttestationVerifier} from "../interfaces/IAttestationVerifier.sol";
import {IEnclaveKeys} from "../interfaces/IEnclaveKeys.sol";
import {CompactSignature} from "../libraries/CompactSignature.sol";

/// @title Which enclave keys count
/// @dev What is allowed is fixed at construction: another policy or another set of operators is another client, which
///      governance puts in the place of this one.
abstract contract EnclaveKeys is IEnclaveKeys, EnclaveErrors, EnclaveKeyErrors {
    /// @param attestationVerifier who verifies attestations
    /// @param rootPins SHA-256 of root certificates
    /// @param measurements programs
    /// @param tcbStatuses 0 to 5; 6, revoked, is never allowed
    /// @param advisories names such as INTEL-SA-00615
    /// @param operators ascending
    /// @param threshold distinct operators that must sign
    /// @param keyLifetime seconds from registration
    struct KeyPolicy {
        IAttestationVerifier attestationVerifier;
        bytes32[] rootPins;
        bytes32[] measurements;
        uint8[] tcbStatuses;
        string[] advisories;
        address[] operators;
        uint8 threshold;
        uint64 keyLifetime;
    }

    /// @dev One slot. Operator and expiry 0: revoked for good.
    struct EnclaveKey {
        address operator;
        uint64 expiresAt;
    }

    uint256 private constant SIGNATURE_SIZE = 64;
    uint256 private constant MAX_OPERATORS = 16;
    uint8 private constant TECHNOLOGY_SGX = 1;
    uint8 private constant TCB_REVOKED = 6;
    bytes32 private constant REGISTER_TYPEHASH =
        keccak256("RegisterEnclaveKey(bytes32 attestationHash,address enclaveKey)");
    bytes32 private constant REVOKE_TYPEHASH = keccak256("RevokeEnclaveKey(address enclaveKey)");
    /// @dev Of no chain and no contract: an operator answers for a key wherever it is used, or nowhere.
    bytes32 private constant OPERATOR_DOMAIN = keccak256(
        abi.encode(
            keccak256("EIP712Domain(string name,string version)"), keccak256("Crossdvp Enclave Operator"), keccak256("1")
        )
    );

    /// @notice Who verifies attestations.
    IAttestationVerifier public immutable ATTESTATION_VERIFIER;
    /// @notice Distinct operators that must sign.
    uint256 public immutable THRESHOLD;
    /// @notice Seconds for which a registration counts.
    uint64 public immutable KEY_LIFETIME;

    /// @notice Greatest number of TCB data that registered a key.
    uint32 public tcbEvaluationNumber;
    address[] private _operators;
    mapping(address operator => bool known) private _isOperator;
    mapping(bytes32 rootPin => bool allowed) private _rootAllowed;
    mapping(bytes32 measurement => bool allowed) private _measurementAllowed;
    mapping(uint8 status => bool allowed) private _statusAllowed;
    mapping(bytes32 advisoryHash => bool allowed) private _advisoryAllowed;
    mapping(address enclaveKey => EnclaveKey key) private _keys;

    constructor(KeyPolicy memory policy) {
        uint256 size = policy.operators.length;
        bool ranged = policy.threshold != 0 && policy.threshold <= size && size <= MAX_OPERATORS;
        bool complete = policy.rootPins.length != 0 && policy.measurements.length != 0 && policy.keyLifetime != 0
            && address(policy.attestationVerifier).code.length != 0;
        if (!ranged || !complete) revert EnclaveInitialStateInvalid();
        ATTESTATION_VERIFIER = policy.attestationVerifier;
        THRESHOLD = policy.threshold;
        KEY_LIFETIME = policy.keyLifetime;
        address previous = address(0);
        for (uint256 i = 0; i < size; ++i) {
            if (policy.operators[i] <= previous) revert EnclaveInitialStateInvalid();
            previous = policy.operators[i];
            _isOperator[previous] = true;
        }
        _operators = policy.operators;
        for (uint256 i = 0; i < policy.rootPins.length; ++i) _rootAllowed[policy.rootPins[i]] = true;
        for (uint256 i = 0; i < policy.measurements.length; ++i) _measurementAllowed[policy.measurements[i]] = true;
        for (uint256 i = 0; i < policy.tcbStatuses.length; ++i) {
            if (policy.tcbStatuses[i] >= TCB_REVOKED) revert EnclaveInitialStateInvalid();
            _statusAllowed[policy.tcbStatuses[i]] = true;
        }
        for (uint256 i = 0; i < policy.advisories.length; ++i) {
            _advisoryAllowed[keccak256(bytes(policy.advisories[i]))] = true;
        }
    }

    // -------------------------------------------------------------------------------------------------------- keys

    /// @inheritdoc IEnclaveKeys
    function registerEnclaveKey(bytes calldata evidence, bytes calldata operatorSignature) external {
        IAttestationVerifier.Attestation memory attestation = ATTESTATION_VERIFIER.verify(evidence);
        _checkPolicy(attestation);
        (address enclaveKey, address operator) = _named(attestation.reportData);
        if (!_isOperator[operator]) revert EnclaveOperatorUnknown(operator);
        EnclaveKey memory known = _keys[enclaveKey];
        if (known.operator != address(0)) {
            if (known.expiresAt == 0) revert EnclaveKeyRevokedForever(enclaveKey);
            if (known.operator != operator) revert EnclaveKeyTaken(enclaveKey, known.operator, operator);
        }
        bytes32 structHash = keccak256(abi.encode(REGISTER_TYPEHASH, attestation.attestationHash, enclaveKey));
        _checkOperator(structHash, operatorSignature, operator);
        if (attestation.technology == TECHNOLOGY_SGX) tcbEvaluationNumber = attestation.tcbEvaluationNumber;
        uint64 expiresAt = uint64(block.timestamp) + KEY_LIFETIME;
        _keys[enclaveKey] = EnclaveKey(operator, expiresAt);
        emit EnclaveKeyRegistered(enclaveKey, operator, expiresAt);
    }

    /// @inheritdoc IEnclaveKeys
    function revokeEnclaveKey(address enclaveKey, bytes calldata operatorSignature) external {
        address operator = _keys[enclaveKey].operator;
        if (operator == address(0)) revert EnclaveKeyNotRegistered(enclaveKey);
        _checkOperator(keccak256(abi.encode(REVOKE_TYPEHASH, enclaveKey)), operatorSignature, operator);
        _keys[enclaveKey].expiresAt = 0;
        emit EnclaveKeyRevoked(enclaveKey, operator);
    }

    /// @inheritdoc IEnclaveKeys
    function getEnclaveKey(address enclaveKey) external view returns (address operator, uint64 expiresAt) {
        EnclaveKey memory key = _keys[enclaveKey];
        return (key.operator, key.expiresAt);
    }

    /// @inheritdoc IEnclaveKeys
    function getOperators() external view returns (address[] memory operators, uint256 threshold) {
        return (_operators, THRESHOLD);
    }

    // ---------------------------------------------------------------------------------------------------- internal

    /// @dev At least the threshold of distinct operators' keys signed. Signatures ascend by operator, so that no
    ///      operator is counted twice.
    function _checkSigners(bytes32 digest, bytes calldata signatures) internal view {
        uint256 count = signatures.length / SIGNATURE_SIZE;
        if (signatures.length != count * SIGNATURE_SIZE) {
            revert EnclaveLengthInvalid(count * SIGNATURE_SIZE + SIGNATURE_SIZE, signatures.length);
        }
        if (count < THRESHOLD) revert EnclaveOperatorsInsufficient(THRESHOLD, count);
        address previous = address(0);
        for (uint256 i = 0; i < count; ++i) {
            uint256 start = i * SIGNATURE_SIZE;
            address signer =
                CompactSignature.recover(digest, bytes32(signatures[start:]), bytes32(signatures[start + 32:]));
            EnclaveKey memory key = _keys[signer];
            if (key.operator == address(0)) revert EnclaveKeyUnknown(signer);
            if (block.timestamp >= key.expiresAt) revert EnclaveKeyExpired(signer, key.expiresAt);
            if (key.operator <= previous) revert EnclaveOperatorsUnordered(previous, key.operator);
            previous = key.operator;
        }
    }

    function _checkPolicy(IAttestationVerifier.Attestation memory attestation) private view {
        if (!_rootAllowed[attestation.rootPin]) revert EnclaveRootUntrusted(attestation.rootPin);
        if (attestation.isDebug) revert EnclaveDebug();
        if (!_measurementAllowed[attestation.measurement]) revert EnclaveMeasurementUnknown(attestation.measurement);
        if (!_statusAllowed[attestation.tcbStatus]) revert EnclaveTcbStatusRefused(attestation.tcbStatus);
        for (uint256 i = 0; i < attestation.advisories.length; ++i) {
            string memory advisory = attestation.advisories[i];
            if (!_advisoryAllowed[keccak256(bytes(advisory))]) revert EnclaveAdvisoryRefused(advisory);
        }
        if (block.timestamp < attestation.validFrom || block.timestamp > attestation.validUntil) {
            revert EnclaveAttestationStale(attestation.validFrom, attestation.validUntil, block.timestamp);
        }
        uint32 number = attestation.tcbEvaluationNumber;
        if (attestation.technology == TECHNOLOGY_SGX && number < tcbEvaluationNumber) {
            revert EnclaveTcbEvaluationNumberBackwards(tcbEvaluationNumber, number);
        }
    }

    /// @dev `01 | enclave key 20 | operator 20 | 23 zeros`
    function _named(bytes memory reportData) private pure returns (address enclaveKey, address operator) {
        if (reportData.length == 64) {
            (bytes32 left, bytes32 right) = abi.decode(reportData, (bytes32, bytes32));
            enclaveKey = address(bytes20(left << 8));
            operator = address(bytes20((left << 168) | (right >> 88)));
        }
        bytes memory expected = abi.encodePacked(uint8(1), enclaveKey, operator, new bytes(23));
        bool named = enclaveKey != address(0) && operator != address(0);
        if (!named || keccak256(expected) != keccak256(reportData)) revert EnclaveReportDataInvalid(reportData);
    }

    function _checkOperator(bytes32 structHash, bytes calldata signature, address operator) private view {
        if (signature.length != SIGNATURE_SIZE) revert EnclaveLengthInvalid(SIGNATURE_SIZE, signature.length);
        bytes32 digest = keccak256(abi.encodePacked(hex"1901", OPERATOR_DOMAIN, structHash));
        address signer = CompactSignature.recover(digest, bytes32(signature), bytes32(signature[32:]));
        if (signer != operator) revert EnclaveOperatorSignatureInvalid(operator, signer);
    }
}
