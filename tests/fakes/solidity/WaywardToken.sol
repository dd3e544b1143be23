// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";

/// @title A token that keeps a fee, pretends, or calls back, as a test tells it to
contract WaywardToken is ERC20 {
    enum Mood {
        Honest,
        KeepsFee,
        Pretends,
        SaysNo,
        RevertsWithoutData,
        CallsBack,
        ReturnsNothing,
        ChargesPayer,
        Blacklists
    }

    error Blacklisted(address account);

    Mood public mood;
    address public calledBack;
    bytes public callBack;

    constructor() ERC20("Wayward", "WAY") {}

    function mint(address to, uint256 amount) external {
        _mint(to, amount);
    }

    function setMood(Mood mood_, address calledBack_, bytes calldata callBack_) external {
        mood = mood_;
        calledBack = calledBack_;
        callBack = callBack_;
    }

    function transfer(address to, uint256 amount) public override returns (bool) {
        if (mood == Mood.SaysNo) return false;
        if (mood == Mood.Pretends) return true;
        super.transfer(to, amount);
        return _answer();
    }

    function transferFrom(address from, address to, uint256 amount) public override returns (bool) {
        if (mood == Mood.SaysNo) return false;
        if (mood == Mood.Pretends) return true;
        super.transferFrom(from, to, amount);
        return _answer();
    }

    function _update(address from, address to, uint256 amount) internal override {
        if (mood == Mood.RevertsWithoutData) {
            assembly {
                revert(0, 0)
            }
        }
        if (mood == Mood.Blacklists && to == calledBack) revert Blacklisted(to);
        if (mood == Mood.CallsBack) {
            (bool ok, bytes memory data) = calledBack.call(callBack);
            if (!ok) {
                assembly {
                    revert(add(data, 32), mload(data))
                }
            }
        }
        super._update(from, to, amount);
        if (mood == Mood.KeepsFee) super._update(to, address(0xfee), 1);
        if (mood == Mood.ChargesPayer) super._update(from, address(0xfee), 1);
    }

    /// @dev Some tokens return nothing at all.
    function _answer() private view returns (bool) {
        if (mood == Mood.ReturnsNothing) {
            assembly {
                return(0, 0)
            }
        }
        return true;
    }
}
