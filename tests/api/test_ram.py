# SPDX-License-Identifier: Apache-2.0
"""RAM by boto3, from both sides: an owner and a consumer with keys of their own, invitations, organizations, and what DNS makes of it."""
import datetime
import json
import os
import subprocess
import tempfile
import unittest
import uuid

import boto3
import botocore.exceptions

URL, STORE, PROGRAM = os.environ["B53_URL"], os.environ["B53_STORE"], os.environ["B53_PROGRAM"]
OWNER, OTHER = os.environ["B53_ACCOUNT"], os.environ["B53_OTHER_ACCOUNT"]
OTHER_KEY = dict(aws_access_key_id=os.environ["B53_OTHER_KEY"], aws_secret_access_key=os.environ["B53_OTHER_SECRET"])


def client(service, **more):
    return boto3.client(service, endpoint_url=URL, **more)


ram, other_ram = client("ram"), client("ram", **OTHER_KEY)
rslvr, other_rslvr = client("route53resolver"), client("route53resolver", **OTHER_KEY)


def bridge53(*words):
    """A command on the store; its JSON lines."""
    done = subprocess.run([PROGRAM, *words, "--store", STORE, "--json"], capture_output=True, text=True, timeout=60)
    if done.returncode:
        raise AssertionError(f"bridge53 {' '.join(words)}: {done.stderr}")
    return [json.loads(line) for line in done.stdout.splitlines()]


class Base(unittest.TestCase):
    def refused(self, code, call, pattern=None, status=400, **params):
        with self.assertRaises(botocore.exceptions.ClientError) as caught:
            call(**params)
        error = caught.exception.response["Error"]
        self.assertEqual(error["Code"], code, error.get("Message"))
        self.assertRegex(error["Message"], pattern or ".")  # the text is in the member that RAM's model names
        self.assertEqual(caught.exception.response["ResponseMetadata"]["HTTPStatusCode"], status)

    def setUp(self):
        domain = f"d{uuid.uuid4().hex[:8]}.internal"
        self.rule = rslvr.create_resolver_rule(CreatorRequestId=str(uuid.uuid4()), RuleType="SYSTEM", DomainName=domain)["ResolverRule"]
        self.addCleanup(rslvr.delete_resolver_rule, ResolverRuleId=self.rule["Id"])

    def share(self, **more):
        made = ram.create_resource_share(name=f"s-{uuid.uuid4().hex[:6]}", **more)["resourceShare"]
        self.addCleanup(self.remove, made["resourceShareArn"])
        return made["resourceShareArn"]

    def remove(self, arn):
        try:
            ram.delete_resource_share(resourceShareArn=arn)
        except botocore.exceptions.ClientError as e:
            self.assertEqual(e.response["Error"]["Code"], "InvalidStateTransitionException")

    def status(self, share, kind, entity):
        found = ram.get_resource_share_associations(associationType=kind, resourceShareArns=[share])["resourceShareAssociations"]
        return next((a["status"] for a in found if a["associatedEntity"] == entity), None)

    def invitation(self, share):
        found = other_ram.get_resource_share_invitations(resourceShareArns=[share])["resourceShareInvitations"]
        return found[0] if found else None

    def sees_rule(self):
        return self.rule["Id"] in [r["Id"] for r in other_rslvr.list_resolver_rules()["ResolverRules"]]


class Invited(Base):
    def test_whole_flow(self):
        token = str(uuid.uuid4())
        ask = dict(name="flow", principals=[OTHER], resourceArns=[self.rule["Arn"]], tags=[{"key": "k", "value": "v"}], clientToken=token)
        made = ram.create_resource_share(**ask)
        share = made["resourceShare"]["resourceShareArn"]
        self.addCleanup(self.remove, share)
        self.assertEqual(made["clientToken"], token)
        self.assertEqual(made["resourceShare"]["status"], "ACTIVE")
        self.assertNotIn("featureSet", made["resourceShare"])
        self.assertIsInstance(made["resourceShare"]["creationTime"], datetime.datetime)
        self.assertEqual(ram.create_resource_share(**ask)["resourceShare"]["resourceShareArn"], share)
        self.refused("IdempotentParameterMismatchException", ram.create_resource_share, **{**ask, "name": "else"})

        self.assertFalse(self.sees_rule())
        asked = self.invitation(share)
        self.assertEqual((asked["status"], asked["senderAccountId"], asked["receiverAccountId"]), ("PENDING", OWNER, OTHER))
        arn = asked["resourceShareInvitationArn"]
        waiting = other_ram.list_pending_invitation_resources(resourceShareInvitationArn=arn)["resources"]
        self.assertEqual([r["arn"] for r in waiting], [self.rule["Arn"]])
        self.refused("ResourceShareInvitationArnNotFoundException", ram.accept_resource_share_invitation, resourceShareInvitationArn=arn)
        accepted = other_ram.accept_resource_share_invitation(resourceShareInvitationArn=arn, clientToken="a")
        self.assertEqual(accepted["resourceShareInvitation"]["status"], "ACCEPTED")
        self.refused("ResourceShareInvitationAlreadyAcceptedException", other_ram.reject_resource_share_invitation, resourceShareInvitationArn=arn)

        self.assertEqual(self.status(share, "PRINCIPAL", OTHER), "ASSOCIATED")
        self.assertTrue(self.sees_rule())
        self.assertEqual(other_rslvr.get_resolver_rule(ResolverRuleId=self.rule["Id"])["ResolverRule"]["ShareStatus"], "SHARED_WITH_ME")
        self.assertEqual(rslvr.get_resolver_rule(ResolverRuleId=self.rule["Id"])["ResolverRule"]["ShareStatus"], "SHARED_BY_ME")
        theirs = other_ram.get_resource_shares(resourceOwner="OTHER-ACCOUNTS", resourceShareArns=[share])["resourceShares"][0]
        self.assertEqual(theirs["owningAccountId"], OWNER)
        self.assertFalse(theirs.get("tags"))
        listed = other_ram.list_resources(resourceOwner="OTHER-ACCOUNTS", resourceShareArns=[share])["resources"]
        self.assertEqual([(r["arn"], r["type"], r["status"]) for r in listed], [(self.rule["Arn"], "route53resolver:ResolverRule", "AVAILABLE")])
        self.assertEqual([p["id"] for p in other_ram.list_principals(resourceOwner="OTHER-ACCOUNTS", resourceShareArns=[share])["principals"]], [OWNER])
        self.assertEqual([p["id"] for p in ram.list_principals(resourceOwner="SELF", resourceShareArns=[share])["principals"]], [OTHER])
        self.refused("OperationNotPermittedException", other_ram.update_resource_share, resourceShareArn=share, name="mine")
        policy = json.loads(ram.get_resource_policies(resourceArns=[self.rule["Arn"]])["policies"][0])
        self.assertEqual(policy["Statement"][0]["Principal"], {"AWS": OTHER})

        self.assertTrue(ram.delete_resource_share(resourceShareArn=share)["returnValue"])
        self.assertFalse(self.sees_rule())
        self.assertEqual(ram.get_resource_shares(resourceOwner="SELF", resourceShareArns=[share])["resourceShares"][0]["status"], "DELETED")

    def test_leave_and_reject(self):
        share = self.share(principals=[OTHER], resourceArns=[self.rule["Arn"]])
        other_ram.reject_resource_share_invitation(resourceShareInvitationArn=self.invitation(share)["resourceShareInvitationArn"])
        self.assertEqual(self.status(share, "PRINCIPAL", OTHER), "DISASSOCIATED")
        again = ram.associate_resource_share(resourceShareArn=share, principals=[OTHER])["resourceShareAssociations"][0]
        self.assertEqual((again["status"], again["external"]), ("ASSOCIATING", True))
        pending = [i for i in other_ram.get_resource_share_invitations(resourceShareArns=[share])["resourceShareInvitations"] if i["status"] == "PENDING"]
        other_ram.accept_resource_share_invitation(resourceShareInvitationArn=pending[0]["resourceShareInvitationArn"])
        self.assertTrue(self.sees_rule())
        left = other_ram.disassociate_resource_share(resourceShareArn=share, principals=[OTHER])["resourceShareAssociations"][0]
        self.assertEqual(left["status"], "DISASSOCIATING")
        self.assertFalse(self.sees_rule())

    def test_unsharing_removes_associations(self):
        vpc = client("ec2", **OTHER_KEY).create_vpc(CidrBlock="10.91.0.0/16")["Vpc"]["VpcId"]
        self.addCleanup(client("ec2", **OTHER_KEY).delete_vpc, VpcId=vpc)
        share = self.share(principals=[OTHER], resourceArns=[self.rule["Arn"]])
        other_ram.accept_resource_share_invitation(resourceShareInvitationArn=self.invitation(share)["resourceShareInvitationArn"])
        association = other_rslvr.associate_resolver_rule(ResolverRuleId=self.rule["Id"], VPCId=vpc)["ResolverRuleAssociation"]["Id"]
        ram.disassociate_resource_share(resourceShareArn=share, resourceArns=[self.rule["Arn"]])
        with self.assertRaises(botocore.exceptions.ClientError):
            other_rslvr.get_resolver_rule_association(ResolverRuleAssociationId=association)


class Errors(Base):
    def test_words_of_the_service(self):
        share = self.share()
        missing = share[:-12] + "000000000000"
        self.refused("UnknownResourceException", ram.get_resource_shares, f"^ResourceShare {missing} could not be found.$", resourceOwner="SELF", resourceShareArns=[missing])
        self.refused("InvalidParameterException", ram.get_resource_shares, "^ME is not a valid resource owner", resourceOwner="ME")
        self.refused("InvalidParameterException", ram.get_resource_share_associations, "^X is not a valid association type", associationType="X")
        self.refused("MalformedArnException", ram.associate_resource_share, "^The specified resource ARN x is not valid", resourceShareArn=share, resourceArns=["x"])
        self.refused("MalformedArnException", ram.associate_resource_share, "^You cannot share the selected resource type", resourceShareArn=share,
                     resourceArns=[f"arn:aws:route53resolver:us-east-1:{OWNER}:resolver-endpoint/rslvr-in-1"])
        self.refused("InvalidParameterException", ram.associate_resource_share, "^Principal ID me is malformed", resourceShareArn=share, principals=["me"])
        self.refused("InvalidResourceTypeException", ram.list_resources, "^Invalid resource type: a:B$", resourceOwner="SELF", resourceType="a:B")
        self.refused("OperationNotPermittedException", other_ram.enable_sharing_with_aws_organization, "^Unable to enable sharing with AWS Organizations")
        self.refused("MalformedArnException", ram.delete_resource_share, "x/y", resourceShareArn="x/y")
        self.refused("ValidationException", ram.get_resource_share_associations, "associationStatus", associationType="RESOURCE", associationStatus="GONE")

    def test_another_accounts_rule(self):
        self.refused("UnknownResourceException", other_ram.create_resource_share, "could not be found", name="x", resourceArns=[self.rule["Arn"]])

    def test_tags_and_pages(self):
        shares = [self.share(tags=[{"key": "set", "value": "pages"}]) for _ in range(3)]
        seen = [s["resourceShareArn"] for page in ram.get_paginator("get_resource_shares").paginate(
            resourceOwner="SELF", tagFilters=[{"tagKey": "set", "tagValues": ["pages"]}], PaginationConfig={"PageSize": 1}) for s in page["resourceShares"]]
        self.assertEqual(sorted(seen), sorted(shares))
        ram.tag_resource(resourceShareArn=shares[0], tags=[{"key": "a", "value": "1"}])
        ram.untag_resource(resourceShareArn=shares[0], tagKeys=["set"])
        found = ram.get_resource_shares(resourceOwner="SELF", resourceShareArns=[shares[0]])["resourceShares"][0]
        self.assertEqual(found["tags"], [{"key": "a", "value": "1"}])
        self.refused("InvalidNextTokenException", ram.get_resource_shares, resourceOwner="SELF", nextToken="x")
        self.refused("InvalidMaxResultsException", ram.get_resource_share_invitations, maxResults=501)

    def test_managed_permissions(self):
        share = self.share(resourceArns=[self.rule["Arn"]])
        attached = ram.list_resource_share_permissions(resourceShareArn=share)["permissions"]
        self.assertEqual([(p["name"], p["status"]) for p in attached], [("AWSRAMDefaultPermissionResolverRule", "ASSOCIATED")])
        detail = ram.get_permission(permissionArn=attached[0]["arn"])["permission"]
        self.assertIn("route53resolver:AssociateResolverRule", json.loads(detail["permission"])["Action"])
        self.assertEqual(len(ram.list_permissions(resourceType="route53profiles:Profile")["permissions"]), 1)
        self.assertIn("ec2:Subnet", [t["resourceType"] for t in ram.list_resource_types()["resourceTypes"]])
        self.refused("OperationNotPermittedException", ram.disassociate_resource_share_permission, resourceShareArn=share, permissionArn=attached[0]["arn"])


class Organization(Base):
    def test_inside_there_are_no_invitations(self):
        organization = bridge53("organization", "create", OWNER)[0]
        self.addCleanup(lambda: bridge53("organization", "remove-account", OTHER))
        unit = bridge53("organization", "add-ou", organization["Id"], "networks")[0]
        self.refused("UnknownResourceException", ram.create_resource_share, "^OrganizationalUnit ou-", name="x", principals=[unit["Arn"]])
        self.assertTrue(ram.enable_sharing_with_aws_organization()["returnValue"])
        share = self.share(principals=[unit["Arn"]], resourceArns=[self.rule["Arn"]], allowExternalPrincipals=False)
        self.assertEqual(self.status(share, "PRINCIPAL", unit["Arn"]), "ASSOCIATED")
        self.refused("OperationNotPermittedException", ram.associate_resource_share, resourceShareArn=share, principals=[OTHER])
        self.assertFalse(self.sees_rule())
        bridge53("organization", "add-account", unit["Id"], OTHER)
        self.assertTrue(self.sees_rule())
        self.assertIsNone(self.invitation(share))
        self.refused("OperationNotPermittedException", other_ram.disassociate_resource_share, resourceShareArn=share, principals=[OTHER])
        bridge53("organization", "move-account", organization["Id"], OTHER)
        self.assertFalse(self.sees_rule())
        ram.associate_resource_share(resourceShareArn=share, principals=[OTHER])
        self.assertEqual(self.status(share, "PRINCIPAL", OTHER), "ASSOCIATED")
        self.assertTrue(self.sees_rule())
        listed = bridge53("organization", "list")
        self.assertEqual({"Account": OTHER, "OrganizationId": organization["Id"], "ParentId": organization["RootId"]}, next(e for e in listed if e.get("Account") == OTHER))


TEMPLATE = """
Parameters:
  Principal: {Type: String}
  Extra: {Type: String, Default: ""}
  Action: {Type: String, Default: "route53profiles:GetProfile"}
Conditions:
  HasExtra: !Not [!Equals [!Ref Extra, ""]]
Resources:
  Rule:
    Type: AWS::Route53Resolver::ResolverRule
    Properties: {RuleType: SYSTEM, DomainName: stack.internal}
  Permission:
    Type: AWS::RAM::Permission
    Properties:
      Name: !Sub "${AWS::StackName}-admin"
      ResourceType: route53profiles:Profile
      PolicyTemplate: {Effect: Allow, Action: [!Ref Action]}
      Tags: [{Key: a, Value: b}]
  Share:
    Type: AWS::RAM::ResourceShare
    Properties:
      Name: !Sub "${AWS::StackName}-share"
      AllowExternalPrincipals: true
      Principals: [!Ref Principal, !If [HasExtra, !Ref Extra, !Ref "AWS::NoValue"]]
      ResourceArns: [!GetAtt Rule.Arn]
      PermissionArns: [!Ref Permission]
      Tags: [{Key: stack, Value: !Ref "AWS::StackName"}]
Outputs:
  Share: {Value: !GetAtt Share.Arn}
  Permission: {Value: !Ref Permission}
"""


class Templates(Base):
    def apply(self, *words, template=True):
        with tempfile.NamedTemporaryFile("w", suffix=".yaml") as f:
            f.write(TEMPLATE)
            f.flush()
            done = subprocess.run([PROGRAM, "apply", *([f.name] if template else []), "--stack", "ram", *words], capture_output=True, text=True, timeout=60)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        return done.stdout

    def called(self, op, **params):
        """An operation that Debian's boto3 does not have yet."""
        done = subprocess.run([PROGRAM, "api", "ram", op, "--input", json.dumps(params)], capture_output=True, text=True, timeout=60)
        self.assertEqual(done.returncode, 0, done.stderr)
        return json.loads(done.stdout)

    def test_stack(self):
        third = "777788889999"
        self.apply("--param", f"Principal={OTHER}")
        share = [s for s in ram.get_resource_shares(resourceOwner="SELF", name="ram-share")["resourceShares"] if s["status"] == "ACTIVE"][0]
        arn = share["resourceShareArn"]
        self.assertEqual(share["tags"], [{"key": "stack", "value": "ram"}])
        self.assertEqual(self.status(arn, "PRINCIPAL", OTHER), "ASSOCIATING")
        permission = f"arn:aws:ram:us-east-1:{OWNER}:permission/ram-admin"
        self.assertEqual(sorted(p["arn"] for p in self.called("ListResourceSharePermissions", resourceShareArn=arn)["permissions"]),
                         sorted([permission, "arn:aws:ram::aws:permission/AWSRAMDefaultPermissionResolverRule"]))
        self.apply("--param", f"Principal={third}", "--param", f"Extra={OTHER}", "--param", "Action=route53profiles:AssociateProfile")
        self.assertEqual(self.status(arn, "PRINCIPAL", third), "ASSOCIATING")
        self.assertEqual(self.status(arn, "PRINCIPAL", OTHER), "ASSOCIATING")
        detail = self.called("GetPermission", permissionArn=permission)["permission"]
        self.assertEqual((detail["version"], json.loads(detail["permission"])["Action"]), ("2", ["route53profiles:AssociateProfile"]))
        self.assertEqual([p["permissionVersion"] for p in self.called("ListPermissionAssociations", permissionArn=permission)["permissions"]], ["2"])
        self.apply("--param", f"Principal={third}", "--param", "Action=route53profiles:AssociateProfile")
        self.assertEqual(self.status(arn, "PRINCIPAL", OTHER), "DISASSOCIATED")
        self.apply("--delete", template=False)
        self.assertEqual(ram.get_resource_shares(resourceOwner="SELF", resourceShareArns=[arn])["resourceShares"][0]["status"], "DELETED")
        self.assertEqual(self.called("ListPermissions", permissionType="CUSTOMER_MANAGED")["permissions"], [])


if __name__ == "__main__":
    unittest.main()
