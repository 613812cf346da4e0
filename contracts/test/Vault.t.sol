// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {ICollateralVault} from "../src/interfaces/ICollateralVault.sol";
import {IOperatorRegistry} from "../src/interfaces/IOperatorRegistry.sol";
import {ISettlementLedger} from "../src/interfaces/ISettlementLedger.sol";
import {SettlementLedger} from "../src/SettlementLedger.sol";
import {Deadlines} from "../src/libraries/Deadlines.sol";
import {Sig} from "../src/Types.sol";
import {House} from "./House.sol";
import {TestToken} from "./mocks/TestToken.sol";
import {vm} from "./Vm.sol";

contract VaultTest is House {
    event Deposited(address indexed token, uint64 indexed number, uint32 indexed index, address from, uint256 amount);

    function test_deposits_are_numbered_and_credited() public {
        _deposit(FIRST, 7e6);
        _deposit(FIRST, 1);
        _deposit(FIRST + 1, 2);
        vm.assertEq(vault.deposits(address(token)), 3, "number");
        vm.assertEq(ledger.balanceOf(FIRST), 7e6 + 1, "balance");
        vm.assertEq(ledger.creditedOf(FIRST), 7e6 + 1, "credited");
        vm.assertEq(vault.held(address(token)), 7e6 + 3, "held");
    }

    function test_deposit_is_refused() public {
        token.mint(address(this), 100);
        token.approve(address(vault), 100);
        vm.expectPartialRevert(ICollateralVault.UnregisteredToken.selector);
        vault.deposit(address(this), FIRST, 1);
        vm.expectPartialRevert(ISettlementLedger.UnopenedAccount.selector);
        vault.deposit(address(token), 99, 1);
        vm.expectPartialRevert(ICollateralVault.NotAMultiple.selector);
        vault.deposit(address(token), FIRST, 0);
        _pause();
        vm.expectPartialRevert(ICollateralVault.Paused.selector);
        vault.deposit(address(token), FIRST, 1);
    }

    function test_deposit_above_the_cap() public {
        token.mint(address(this), 2e25);
        token.approve(address(vault), 2e25);
        vault.deposit(address(token), FIRST, 1e25);
        vm.expectPartialRevert(ICollateralVault.AboveCap.selector);
        vault.deposit(address(token), FIRST, 1);
    }

    function test_deposit_with_permit_also_when_it_was_used_before() public {
        uint256 key = 1234;
        address payer = vm.addr(key);
        token.mint(payer, 10);
        bytes32 hash = keccak256(
            abi.encode(
                keccak256("Permit(address owner,address spender,uint256 value,uint256 nonce,uint256 deadline)"),
                payer, address(vault), uint256(5), uint256(0), type(uint256).max
            )
        );
        (uint8 v, bytes32 r, bytes32 s) =
            vm.sign(key, keccak256(abi.encodePacked(hex"1901", token.DOMAIN_SEPARATOR(), hash)));
        token.permit(payer, address(vault), 5, type(uint256).max, v, r, s);
        vm.prank(payer);
        vault.depositWithPermit(address(token), FIRST, 5, type(uint256).max, v, r, s);
        vm.assertEq(ledger.balanceOf(FIRST), 5, "credited");
    }

    function test_withdrawal_is_allotted_then_claimed() public {
        _deposit(FIRST, 100);
        address to = address(0xbeef);
        _settle(_withdrawal(FIRST, to, 40));
        vm.assertEq(ledger.balanceOf(FIRST), 60, "balance");
        vm.assertEq(ledger.withdrawnBy(FIRST), 40, "withdrawn");
        vm.assertEq(vault.claimable(address(token), to), 40, "claimable");
        vm.expectPartialRevert(ICollateralVault.NotClaimable.selector);
        vault.claim(address(token), to, 41);
        vm.expectPartialRevert(ICollateralVault.NotClaimable.selector);
        vault.claim(address(token), to, 0);
        vault.claim(address(token), to, 40);
        vm.assertEq(token.balanceOf(to), 40, "paid");
        vm.assertEq(vault.held(address(token)), 60, "held");
        vm.assertEq(vault.totalClaimable(address(token)), 0, "nothing left");
    }

    function test_paused_blocks_claims() public {
        _deposit(FIRST, 100);
        _settle(_withdrawal(FIRST, address(1), 40));
        _pause();
        vm.expectPartialRevert(ICollateralVault.Paused.selector);
        vault.claim(address(token), address(1), 40);
    }

    function test_only_a_ledger_may_allot_and_pay() public {
        vm.expectPartialRevert(ICollateralVault.Unauthorized.selector);
        vault.allot(address(1), 1);
        vm.expectPartialRevert(ICollateralVault.Unauthorized.selector);
        vault.pay(address(1), 1);
    }

    function test_claims_are_limited_by_hour_and_day() public {
        _limits(100, 1_000, 0);
        _deposit(FIRST, 10_000);
        _settle(_withdrawal(FIRST, address(1), 5_000));
        vault.claim(address(token), address(1), 100);
        vm.expectRevert(abi.encodeWithSelector(ICollateralVault.RateLimited.selector, 0, 1));
        vault.claim(address(token), address(1), 1);
        uint256 paid = 100;
        for (uint256 hour = 1; hour < 24; ++hour) {
            vm.warp(1_900_000_000 + hour * 1 hours);
            try vault.claim(address(token), address(1), 90) {
                paid += 90;
            } catch {}
        }
        vm.assertTrue(paid <= 2 * 1_000, "two days are touched at most");
        _limits(100, 1_000, 3_000);
        vm.warp(block.timestamp + 1 days);
        vault.claim(address(token), address(1), 3_000);
    }

    function _limits(uint16 hourly, uint16 daily, uint96 floor) private {
        bytes32 type_ = keccak256(
            "TokenLimits(address token,uint96 cap,uint16 hourlyBps,uint16 dailyBps,uint96 claimFloor,uint64 nonce,uint64 deadline)"
        );
        uint64 nonce = vault.limitChanges(address(token));
        bytes32 hash = keccak256(abi.encode(type_, token, uint96(1e25), hourly, daily, floor, nonce, _soon()));
        Sig[] memory sigs = _sign(_typed("Novate CollateralVault", address(vault), hash));
        vault.setLimits(address(token), 1e25, hourly, daily, floor, _soon(), sigs);
        vm.expectPartialRevert(IOperatorRegistry.InvalidSignature.selector);
        vault.setLimits(address(token), 1e25, hourly, daily, floor, _soon(), sigs);
    }

    function test_registration_is_refused() public {
        _refusedRegistration(address(token), ledger, 6, 6, ICollateralVault.AlreadyRegistered.selector);
        TestToken other = new TestToken("Other", "O", 18);
        _refusedRegistration(address(other), ledger, 18, 8, ICollateralVault.AlreadyRegistered.selector);
        _refusedRegistration(address(other), _newLedger(address(token)), 18, 8, ICollateralVault.InvalidConfig.selector);
        SettlementLedger own = _newLedger(address(other));
        _refusedRegistration(address(other), own, 18, 19, ICollateralVault.InvalidConfig.selector);
        _refusedRegistration(address(other), own, 8, 8, ICollateralVault.DecimalsMismatch.selector);
        ICollateralVault.TokenConfig memory c = _config(address(other), own, 18, 8);
        Sig[] memory sigs = _registration(address(other), own, 18, 8);
        c.cap += 1;
        vm.expectPartialRevert(IOperatorRegistry.InvalidSignature.selector);
        vault.registerToken(c, _soon(), sigs);
        c.cap -= 1;
        vm.expectPartialRevert(Deadlines.DeadlineExpired.selector);
        vault.registerToken(c, uint64(block.timestamp) - 1, sigs);
        vault.registerToken(c, _soon(), sigs);
    }

    function _refusedRegistration(address asset, SettlementLedger own, uint8 decimals, uint8 scale, bytes4 why) private {
        Sig[] memory sigs = _registration(asset, own, decimals, scale);
        vm.expectPartialRevert(why);
        vault.registerToken(_config(asset, own, decimals, scale), _soon(), sigs);
    }
}
