// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";

/// @title Who may hold an ERC-3643 token
interface IErc3643IdentityRegistry {
    /// @return whether the account has an identity with the claims the token asks for
    function isVerified(address account) external view returns (bool);
}

/// @title Which transfers an ERC-3643 token allows
interface IErc3643Compliance {
    /// @return whether the rules allow the transfer
    function canTransfer(address from, address to, uint256 amount) external view returns (bool);
}

/// @title What is read of an ERC-3643 token
/// @notice Written from the standard (EIP-3643).
interface IErc3643Token is IERC20 {
    function paused() external view returns (bool);
    function isFrozen(address account) external view returns (bool);
    function getFrozenTokens(address account) external view returns (uint256);
    function identityRegistry() external view returns (IErc3643IdentityRegistry);
    function compliance() external view returns (IErc3643Compliance);
}
