// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ICollateralVault} from "../../src/interfaces/ICollateralVault.sol";

/// @notice The least a token is; each token below breaks one habit of it.
contract PlainToken {
    uint8 public decimals = 6;
    mapping(address => uint256) internal balances;
    mapping(address => mapping(address => uint256)) public allowance;

    function balanceOf(address account) public view virtual returns (uint256) {
        return balances[account];
    }

    function mint(address to, uint256 amount) external {
        balances[to] += amount;
    }

    function approve(address spender, uint256 amount) external returns (bool) {
        allowance[msg.sender][spender] = amount;
        return true;
    }

    function transfer(address to, uint256 amount) external virtual returns (bool) {
        _move(msg.sender, to, amount);
        return true;
    }

    function transferFrom(address from, address to, uint256 amount) external virtual returns (bool) {
        allowance[from][msg.sender] -= amount;
        _move(from, to, amount);
        return true;
    }

    function _move(address from, address to, uint256 amount) internal virtual {
        balances[from] -= amount;
        balances[to] += amount;
    }
}

/// @notice Keeps 1 % of every transfer; with `extra` it also takes that from the sender.
contract FeeToken is PlainToken {
    bool public extra;

    function setExtra(bool on) external {
        extra = on;
    }

    function _move(address from, address to, uint256 amount) internal override {
        balances[from] -= extra ? amount + amount / 100 : amount;
        balances[to] += amount - amount / 100;
    }
}

/// @notice Returns nothing, like USDT.
contract NoReturnToken {
    uint8 public decimals = 6;
    mapping(address => uint256) public balanceOf;
    mapping(address => mapping(address => uint256)) public allowance;

    function mint(address to, uint256 amount) external {
        balanceOf[to] += amount;
    }

    function approve(address spender, uint256 amount) external {
        allowance[msg.sender][spender] = amount;
    }

    function transfer(address to, uint256 amount) external {
        balanceOf[msg.sender] -= amount;
        balanceOf[to] += amount;
    }

    function transferFrom(address from, address to, uint256 amount) external {
        allowance[from][msg.sender] -= amount;
        balanceOf[from] -= amount;
        balanceOf[to] += amount;
    }
}

/// @notice Calls back into the vault in the middle of a transfer.
contract ReentrantToken is PlainToken {
    ICollateralVault public vault;
    bytes public call;
    bool public reentered;

    function arm(ICollateralVault vault_, bytes calldata call_) external {
        (vault, call) = (vault_, call_);
        allowance[address(this)][address(vault_)] = type(uint256).max;
    }

    function _move(address from, address to, uint256 amount) internal override {
        bytes memory armed = call;
        if (armed.length != 0) {
            call = "";
            (reentered,) = address(vault).call(armed);
        }
        super._move(from, to, amount);
    }
}

/// @notice Balances are shares of a pot that changes by itself.
contract RebasingToken is PlainToken {
    uint256 public percent = 100;

    function rebase(uint256 percent_) external {
        percent = percent_;
    }

    function balanceOf(address account) public view override returns (uint256) {
        return balances[account] * percent / 100;
    }

    function _move(address from, address to, uint256 amount) internal override {
        super._move(from, to, amount * 100 / percent);
    }
}

/// @notice Refuses to move from or to some addresses, like USDC; or at all.
contract StoppableToken is PlainToken {
    mapping(address => bool) public blocked;
    bool public stopped;

    function block_(address account) external {
        blocked[account] = true;
    }

    function stop(bool on) external {
        stopped = on;
    }

    function _move(address from, address to, uint256 amount) internal override {
        require(!stopped && !blocked[from] && !blocked[to], "refused");
        super._move(from, to, amount);
    }
}

/// @notice Any number of decimals; changes its mind about it when told to.
contract DecimalsToken is PlainToken {
    constructor(uint8 decimals_) {
        decimals = decimals_;
    }
}

/// @notice Moves nothing and says so, without reverting; or moves and says it did not.
contract FalseToken is PlainToken {
    bool public lies;

    function lie(bool on) external {
        lies = on;
    }

    function transfer(address to, uint256 amount) external override returns (bool) {
        if (!lies) _move(msg.sender, to, amount);
        return !lies;
    }

    function transferFrom(address from, address to, uint256 amount) external override returns (bool) {
        if (!lies) _move(from, to, amount);
        return !lies;
    }
}
