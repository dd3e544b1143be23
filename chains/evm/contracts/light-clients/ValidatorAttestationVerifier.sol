// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {AttestationVerifierErrors} from "../errors/EnclaveErrors.sol";
import {IAttestationVerifier} from "../interfaces/IAttestationVerifier.sol";
import {ValidatorSignatures} from "../libraries/ValidatorSignatures.sol";

/// @title Attestation as verified by k of n Validators
/// @notice A whole SGX verification costs millions of gas here, so Validators verify quote and collateral and sign what
///         it says as EIP-712 typed data. The domain names their ledger and the purpose, not this contract: a verdict is
///         a fact about a quote. A verifier of proofs can stand in its place.
/// @dev No owner and no setter: the set hands over to the next by its own signatures.
contract ValidatorAttestationVerifier is IAttestationVerifier, AttestationVerifierErrors {
    bytes32 private constant DOMAIN_TYPEHASH = keccak256("EIP712Domain(string name,string version,bytes32 salt)");
    bytes32 private constant VERDICT_TYPEHASH = keccak256(
        "QuoteVerification(uint8 technology,bytes32 attestationHash,bytes32 rootPin,bytes32 measurement,bytes reportData,uint8 tcbStatus,string[] advisories,uint32 tcbEvaluationNumber,bool isDebug,uint64 validFrom,uint64 validUntil)"
    );
    bytes32 private constant CHANGE_TYPEHASH =
        keccak256("ValidatorSetChange(uint64 number,bytes32 validatorSetHash)");

    /// @notice The set changed; signed by the previous one.
    event ValidatorSetChanged(uint64 indexed number, bytes32 validatorSetHash);

    /// @notice Domain of the Validators' verdicts.
    bytes32 public immutable DOMAIN_SEPARATOR;
    /// @notice keccak256(u8 threshold | u8 size | addresses) of the trusted set.
    bytes32 public validatorSetHash;
    /// @notice How many times the set has changed.
    uint64 public validatorSetNumber;

    /// @param ledgerId ledger whose Validators count
    /// @param initialSetHash set trusted at first
    constructor(string memory ledgerId, bytes32 initialSetHash) {
        if (bytes(ledgerId).length == 0 || initialSetHash == bytes32(0)) {
            revert ValidatorSetChangeInvalid(0, 0, initialSetHash);
        }
        DOMAIN_SEPARATOR = keccak256(
            abi.encode(
                DOMAIN_TYPEHASH, keccak256("Progmat Quote Verification"), keccak256("1"), keccak256(bytes(ledgerId))
            )
        );
        validatorSetHash = initialSetHash;
    }

    /// @inheritdoc IAttestationVerifier
    /// @dev Evidence: abi.encode(Attestation, bytes signatures), signatures as in `ValidatorSignatures`.
    function verify(bytes calldata evidence) external view returns (Attestation memory) {
        (Attestation memory attestation, bytes memory signatures) = abi.decode(evidence, (Attestation, bytes));
        if (keccak256(abi.encode(attestation, signatures)) != keccak256(evidence)) {
            revert AttestationEvidenceMalformed(evidence.length);
        }
        this.checkSignatures(signatures, _typed(_verdictHash(attestation)));
        return attestation;
    }

    /// @notice Hands over to the next set.
    /// @param number of this change, from 1
    /// @param newSetHash keccak256(u8 threshold | u8 size | addresses)
    /// @param signatures of the present set
    function changeValidatorSet(uint64 number, bytes32 newSetHash, bytes calldata signatures) external {
        uint64 expected = validatorSetNumber + 1;
        if (number != expected || newSetHash == bytes32(0)) {
            revert ValidatorSetChangeInvalid(expected, number, newSetHash);
        }
        bytes32 structHash = keccak256(abi.encode(CHANGE_TYPEHASH, number, newSetHash));
        ValidatorSignatures.verify(signatures, validatorSetHash, _typed(structHash));
        validatorSetNumber = number;
        validatorSetHash = newSetHash;
        emit ValidatorSetChanged(number, newSetHash);
    }

    /// @notice Reverts unless the trusted set signed `digest`.
    function checkSignatures(bytes calldata signatures, bytes32 digest) external view {
        ValidatorSignatures.verify(signatures, validatorSetHash, digest);
    }

    function _verdictHash(Attestation memory attestation) private pure returns (bytes32) {
        bytes32[] memory advisories = new bytes32[](attestation.advisories.length);
        for (uint256 i = 0; i < advisories.length; ++i) advisories[i] = keccak256(bytes(attestation.advisories[i]));
        return keccak256(
            abi.encode(
                VERDICT_TYPEHASH,
                attestation.technology,
                attestation.attestationHash,
                attestation.rootPin,
                attestation.measurement,
                keccak256(attestation.reportData),
                attestation.tcbStatus,
                keccak256(abi.encodePacked(advisories)),
                attestation.tcbEvaluationNumber,
                attestation.isDebug,
                attestation.validFrom,
                attestation.validUntil
            )
        );
    }

    function _typed(bytes32 structHash) private view returns (bytes32) {
        return keccak256(abi.encodePacked(hex"1901", DOMAIN_SEPARATOR, structHash));
    }
}
