// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {ICollateralVault} from "../src/interfaces/ICollateralVault.sol";
import {House} from "./House.sol";
import {
    DecimalsToken,
    FalseToken,
    FeeToken,
    NoReturnToken,
    PlainToken,
    RebasingToken,
    ReentrantToken,
    StoppableToken
} from "./mocks/HostileTokens.sol";
import {vm} from "./Vm.sol";

/// @notice Eight ways a token misbehaves. What must hold each time: nobody is credited what did not arrive, and one
/// address that cannot be paid stops no batch and nobody else.
contract HostileTest is House {
    address private constant BOB = address(0xb0b);

    /// @dev A rail for the token; `ledger` is its ledger from then on.
    function _rail(address asset, uint8 decimals, uint8 scale) private {
        (ledger, forcedExit) = _deployRail(asset, decimals, scale);
        _open(_openings());
        PlainToken(asset).mint(address(this), 1e40);
        PlainToken(asset).approve(address(vault), type(uint256).max);
    }

    function _backed(PlainToken asset, uint256 unit) private view {
        vm.assertGe(asset.balanceOf(address(vault)), vault.held(address(asset)) * unit, "backed");
    }

    function test_1_fee_on_transfer_is_credited_as_it_arrives() public {
        FeeToken asset = new FeeToken();
        _rail(address(asset), 6, 6);
        vault.deposit(address(asset), FIRST, 1_000);
        vm.assertEq(ledger.balanceOf(FIRST), 990, "what arrived");
        _settle(_withdrawal(FIRST, BOB, 100));
        asset.setExtra(true);
        vm.expectPartialRevert(ICollateralVault.UnexpectedTransfer.selector);
        vault.claim(address(asset), BOB, 100);
        asset.setExtra(false);
        vault.claim(address(asset), BOB, 100);
        _backed(asset, 1);
    }

    function test_2_no_return_value() public {
        NoReturnToken asset = new NoReturnToken();
        (ledger, forcedExit) = _deployRail(address(asset), 6, 6);
        _open(_openings());
        asset.mint(address(this), 1_000);
        asset.approve(address(vault), 1_000);
        vault.deposit(address(asset), FIRST, 1_000);
        _settle(_withdrawal(FIRST, BOB, 100));
        vault.claim(address(asset), BOB, 100);
        vm.assertEq(asset.balanceOf(BOB), 100, "paid");
    }

    function test_3_reentrant() public {
        ReentrantToken asset = new ReentrantToken();
        _rail(address(asset), 6, 6);
        asset.mint(address(asset), 1_000);
        // In the middle of a deposit, another: both would measure the same tokens.
        asset.arm(vault, abi.encodeCall(vault.deposit, (address(asset), FIRST + 1, 500)));
        vault.deposit(address(asset), FIRST, 1_000);
        vm.assertTrue(!asset.reentered(), "refused");
        _settle(_withdrawal(FIRST, BOB, 200));
        // In the middle of a claim, the same claim.
        asset.arm(vault, abi.encodeCall(vault.claim, (address(asset), BOB, 200)));
        vault.claim(address(asset), BOB, 200);
        vm.assertTrue(!asset.reentered(), "refused");
        vm.assertEq(asset.balanceOf(BOB), 200, "once");
        _backed(asset, 1);
    }

    function test_4_rebasing_down_is_shared_by_all_who_leave() public {
        RebasingToken asset = new RebasingToken();
        _rail(address(asset), 6, 6);
        vault.deposit(address(asset), FIRST, 600);
        vault.deposit(address(asset), FIRST + 1, 400);
        asset.rebase(50);
        vm.assertEq(vault.coverOf(address(asset)), 500, "half is there");
        vm.prank(_owner(FIRST));
        forcedExit.requestExit(FIRST);
        vm.warp(block.timestamp + GRACE + 1);
        forcedExit.freeze(FIRST);
        vm.warp(block.timestamp + GRACE);
        forcedExit.escapeByStorage(FIRST);
        forcedExit.escapeByStorage(FIRST + 1);
        vm.assertEq(asset.balanceOf(_owner(FIRST)), 300, "half");
        vm.assertEq(asset.balanceOf(_owner(FIRST + 1)), 200, "half");
    }

    function test_5_blocklist_stops_only_the_blocked() public {
        StoppableToken asset = new StoppableToken();
        _rail(address(asset), 6, 6);
        vault.deposit(address(asset), FIRST, 1_000);
        asset.block_(BOB);
        _settle(
            abi.encodePacked(hex"0100000002", FIRST, BOB, uint128(10), FIRST, address(0xa11ce), uint128(20))
        );
        vault.claim(address(asset), address(0xa11ce), 20);
        vm.expectRevert(bytes("refused"));
        vault.claim(address(asset), BOB, 10);
        vm.assertEq(vault.claimable(address(asset), BOB), 10, "stays his");
    }

    function test_6_paused_token_stops_no_batch() public {
        StoppableToken asset = new StoppableToken();
        _rail(address(asset), 6, 6);
        vault.deposit(address(asset), FIRST, 1_000);
        asset.stop(true);
        _settle(_transfer(FIRST, 5));
        _settle(_withdrawal(FIRST, BOB, 10));
        vm.expectRevert(bytes("refused"));
        vault.deposit(address(asset), FIRST, 1);
        asset.stop(false);
        vault.claim(address(asset), BOB, 10);
    }

    function test_7_odd_decimals() public {
        DecimalsToken none = new DecimalsToken(0);
        _rail(address(none), 0, 0);
        vault.deposit(address(none), FIRST, 3);
        vm.assertEq(ledger.balanceOf(FIRST), 3, "whole tokens");

        DecimalsToken many = new DecimalsToken(30);
        _rail(address(many), 30, 8);
        vault.deposit(address(many), FIRST, 5e22);
        vm.assertEq(ledger.balanceOf(FIRST), 5, "rail units");
        vm.expectPartialRevert(ICollateralVault.NotAMultiple.selector);
        vault.deposit(address(many), FIRST, 5e22 + 1);
        _settle(_withdrawal(FIRST, BOB, 2));
        vault.claim(address(many), BOB, 2);
        vm.assertEq(many.balanceOf(BOB), 2e22, "token units");
        _backed(many, 1e22);
    }

    function test_8_false_return() public {
        FalseToken asset = new FalseToken();
        _rail(address(asset), 6, 6);
        asset.lie(true);
        vm.expectPartialRevert(SafeERC20.SafeERC20FailedOperation.selector);
        vault.deposit(address(asset), FIRST, 1_000);
        asset.lie(false);
        vault.deposit(address(asset), FIRST, 1_000);
        _settle(_withdrawal(FIRST, BOB, 10));
        asset.lie(true);
        vm.expectPartialRevert(SafeERC20.SafeERC20FailedOperation.selector);
        vault.claim(address(asset), BOB, 10);
        vm.assertEq(vault.claimable(address(asset), BOB), 10, "stays his");
    }
}
