// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title A claim issuer that finds every claim valid and takes about 480,000 gas to
contract HungryClaimIssuer {
    function isClaimValid(address, uint256, bytes calldata, bytes calldata) external pure returns (bool valid) {
        // touching far memory pays for all of it at once
        assembly {
            valid := iszero(mload(480000))
        }
    }
}
