// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title Why the light client of an enclave-followed chain refuses
interface EnclaveErrors {
    /// @notice Only the router passes messages on.
    error EnclaveCallerNotRouter(address expected, address found);
    /// @notice The client is frozen: misbehaviour was stated, nothing can be verified any more.
    error EnclaveClientFrozen();
    /// @notice The last state is older than the trusting period: nothing can be verified any more.
    error EnclaveClientExpired(uint256 expiryNs, uint256 nowNs);
    /// @notice An initial value is zero, out of range or out of order.
    error EnclaveInitialStateInvalid();
    /// @notice The message or proof is shorter than its head, or its signatures are no multiple of 64 bytes.
    error EnclaveLengthInvalid(uint256 least, uint256 found);
    /// @notice No state is kept at the height: never stated, or long ago.
    error EnclaveStateUnknown(uint64 height);
    /// @notice Time and state id are not those kept for the height: a store rolled back, made up, or of another chain.
    error EnclaveStateMismatch(uint64 height, bytes32 expected, bytes32 found);
    /// @notice An update above the latest height must build on it.
    error EnclaveUpdateNotOnLatest(uint64 expected, uint64 found);
    /// @notice The update does not go forward.
    error EnclaveUpdateNotForward(uint64 prevHeight, uint64 postHeight);
    /// @notice The state built upon is older than the trusting period.
    error EnclaveTrustedStateExpired(uint256 expiryNs, uint256 nowNs);
    /// @notice The header is from the future.
    error EnclaveHeaderFromFuture(uint256 timestampNs, uint256 latestAcceptedNs);
    /// @notice Fewer distinct operators' enclaves signed than the threshold.
    error EnclaveOperatorsInsufficient(uint256 required, uint256 found);
    /// @notice The signer is no registered key (or the signature is over something else, malleable or none).
    error EnclaveKeyUnknown(address signer);
    /// @notice The key has expired, or its operator took it back (expiry 0).
    error EnclaveKeyExpired(address enclaveKey, uint64 expiresAt);
    /// @notice Signatures do not ascend by operator, or an operator signed twice.
    error EnclaveOperatorsUnordered(address previous, address found);
    /// @notice The evidence is not the canonical encoding of one statement of misbehaviour with this client's rules.
    error EnclaveEvidenceMalformed(uint256 length);
    /// @notice Chains followed here have no revisions.
    error EnclaveRevisionInvalid(uint64 revisionNumber);
    /// @notice Paths have exactly one element.
    error EnclavePathInvalid(uint256 elements);
}

/// @title Why an enclave key is not registered or revoked
interface EnclaveKeyErrors {
    /// @notice The attestation is under a root that is not pinned here.
    error EnclaveRootUntrusted(bytes32 rootPin);
    /// @notice Another program runs in the enclave.
    error EnclaveMeasurementUnknown(bytes32 measurement);
    /// @notice The enclave's memory, so its key, can be read from outside.
    error EnclaveDebug();
    /// @notice The platform's TCB status is not allowed.
    error EnclaveTcbStatusRefused(uint8 status);
    /// @notice An advisory that is not allowed applies to the platform.
    error EnclaveAdvisoryRefused(string advisory);
    /// @notice The attestation does not count at this time.
    error EnclaveAttestationStale(uint64 validFrom, uint64 validUntil, uint256 found);
    /// @notice The TCB data is older than that of an earlier registration.
    error EnclaveTcbEvaluationNumberBackwards(uint32 least, uint32 found);
    /// @notice The report data is not `01 | key | operator | 23 zeros`, or an address in it is zero.
    error EnclaveReportDataInvalid(bytes reportData);
    /// @notice The operator named in the attestation is none here.
    error EnclaveOperatorUnknown(address operator);
    /// @notice The operator did not sign for this key.
    error EnclaveOperatorSignatureInvalid(address expected, address found);
    /// @notice The key was taken back by its operator and cannot return.
    error EnclaveKeyRevokedForever(address enclaveKey);
    /// @notice Another operator answers for the key already.
    error EnclaveKeyTaken(address enclaveKey, address expected, address found);
    /// @notice The key is not registered.
    error EnclaveKeyNotRegistered(address enclaveKey);
}

/// @title Why the Validators' verdict on an attestation is refused
interface AttestationVerifierErrors {
    /// @notice The verdict is not the canonical encoding of an attestation and signatures.
    error AttestationEvidenceMalformed(uint256 length);
    /// @notice The signatures' bytes are shorter or longer than their set and signers.
    error ValidatorSignaturesLengthInvalid(uint256 expected, uint256 found);
    /// @notice The validator set shown is not the trusted one.
    error ValidatorSetUntrusted(bytes32 expected, bytes32 found);
    /// @notice Threshold and size are not 1 <= k <= n.
    error ValidatorThresholdInvalid(uint256 threshold, uint256 size);
    /// @notice Validators are not strictly ascending (or one is the zero address).
    error ValidatorsUnordered(uint256 index);
    /// @notice The signer bitmap names validators beyond the set.
    error ValidatorUnknown(uint256 bitmap, uint256 size);
    /// @notice A signature is not that of the validator it stands for, or is malleable.
    error ValidatorSignatureInvalid(uint256 index, address expected, address found);
    /// @notice Fewer signers than the threshold.
    error ValidatorSignersInsufficient(uint256 required, uint256 found);
    /// @notice A change of the set must be the next one, to a set that is not empty.
    error ValidatorSetChangeInvalid(uint64 expected, uint64 found, bytes32 newSetHash);
}
