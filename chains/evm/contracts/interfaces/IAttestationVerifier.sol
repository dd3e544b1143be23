// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title Verifies remote attestation of enclaves
/// @notice What stands behind it may be k of n Validators who verified the quote, or a proof that the verification ran.
interface IAttestationVerifier {
    /// @param technology 1 SGX, 2 Nitro
    /// @param attestationHash SHA-256 of the quote or document
    /// @param rootPin SHA-256 of the root certificate it is under
    /// @param measurement MRENCLAVE, or SHA-256 of PCR0, PCR1 and PCR2
    /// @param reportData 64 bytes that the enclave wrote
    /// @param tcbStatus 0 up to date .. 6 revoked, as in Intel's collateral
    /// @param advisories that apply to the platform
    /// @param tcbEvaluationNumber how new the TCB data is
    /// @param isDebug whether the enclave's memory can be read
    /// @param validFrom UTC seconds
    /// @param validUntil UTC seconds, included
    struct Attestation {
        uint8 technology;
        bytes32 attestationHash;
        bytes32 rootPin;
        bytes32 measurement;
        bytes reportData;
        uint8 tcbStatus;
        string[] advisories;
        uint32 tcbEvaluationNumber;
        bool isDebug;
        uint64 validFrom;
        uint64 validUntil;
    }

    /// @notice What a verified attestation says; reverts with the reason if it is not verified. Judges no time.
    /// @param evidence in the verifier's own format
    function verify(bytes calldata evidence) external view returns (Attestation memory);
}
