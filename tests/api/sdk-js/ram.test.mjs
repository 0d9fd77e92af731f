// SPDX-License-Identifier: Apache-2.0
// The unmodified AWS SDK for JavaScript v3 shares a rule from both sides, manages permissions with versions, and gets the service's errors.
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { after, before, describe, test } from "node:test";
import * as api from "@aws-sdk/client-ram";
import * as rslvrapi from "@aws-sdk/client-route53resolver";

const settings = { endpoint: process.env.B53_URL, region: "us-east-1", maxAttempts: 1 };
const credentials = { accessKeyId: process.env.B53_OTHER_KEY, secretAccessKey: process.env.B53_OTHER_SECRET };
const owner = new api.RAMClient(settings);
const other = new api.RAMClient({ ...settings, credentials });
const rslvr = new rslvrapi.Route53ResolverClient(settings);
const OWNER = process.env.B53_ACCOUNT, OTHER = process.env.B53_OTHER_ACCOUNT;
const PROFILE = "route53profiles:Profile";
const readOnly = JSON.stringify({ Effect: "Allow", Action: ["route53profiles:GetProfile", "route53profiles:AssociateProfile"] });
const admin = JSON.stringify({ Effect: "Allow", Action: ["route53profiles:AssociateResourceToProfile"], Condition: { StringEquals: { "route53profiles:ResourceTypes": "HOSTED_ZONE" } } });

async function refused(promise, kind, pattern, status = 400) {
  await assert.rejects(promise, (error) => {
    assert.ok(error instanceof kind, `${error.name}: ${error.message}`);
    assert.match(error.message, pattern);
    assert.equal(error.$metadata.httpStatusCode, status);
    assert.match(error.$metadata.requestId ?? "", /^[0-9a-f-]{36}$/);
    return true;
  });
}

const made = {};
const pending = async () =>
  (await other.send(new api.GetResourceShareInvitationsCommand({ resourceShareArns: [made.share] }))).resourceShareInvitations.find((i) => i.status === "PENDING");
const associations = async (associationType) =>
  (await owner.send(new api.GetResourceShareAssociationsCommand({ associationType, resourceShareArns: [made.share] }))).resourceShareAssociations;

describe("shares", () => {
  before(async () => {
    made.rule = (await rslvr.send(new rslvrapi.CreateResolverRuleCommand({ CreatorRequestId: randomUUID(), RuleType: "SYSTEM", DomainName: `js${Date.now()}.internal` }))).ResolverRule;
    made.reply = await owner.send(new api.CreateResourceShareCommand({ name: "js", resourceArns: [made.rule.Arn], tags: [{ key: "a", value: "1" }], clientToken: randomUUID() }));
    made.share = made.reply.resourceShare.resourceShareArn;
  });

  after(async () => {
    assert.equal((await owner.send(new api.DeleteResourceShareCommand({ resourceShareArn: made.share, clientToken: "bye" }))).returnValue, true);
    await refused(owner.send(new api.UpdateResourceShareCommand({ resourceShareArn: made.share, name: "x" })), api.InvalidStateTransitionException, /deleted/);
    await rslvr.send(new rslvrapi.DeleteResolverRuleCommand({ ResolverRuleId: made.rule.Id }));
  });

  test("objects have the service's shapes", () => {
    const share = made.reply.resourceShare;
    assert.match(share.resourceShareArn, /^arn:aws:ram:us-east-1:\d{12}:resource-share\/[0-9a-f-]{36}$/);
    assert.equal(share.owningAccountId, OWNER);
    assert.equal(share.status, "ACTIVE");
    assert.ok(share.creationTime instanceof Date && Math.abs(share.creationTime - Date.now()) < 60000);
    assert.deepEqual(share.tags, [{ key: "a", value: "1" }]);
  });

  test("an outsider is asked, accepts, uses and leaves", async () => {
    const [added] = (await owner.send(new api.AssociateResourceShareCommand({ resourceShareArn: made.share, principals: [OTHER] }))).resourceShareAssociations;
    assert.equal(added.status, "ASSOCIATING");
    const invitation = await pending();
    assert.equal(invitation.resourceShareName, "js");
    const { resources: waiting } = await other.send(new api.ListPendingInvitationResourcesCommand({ resourceShareInvitationArn: invitation.resourceShareInvitationArn }));
    assert.deepEqual(waiting.map((r) => r.arn), [made.rule.Arn]);
    await other.send(new api.AcceptResourceShareInvitationCommand({ resourceShareInvitationArn: invitation.resourceShareInvitationArn }));
    assert.deepEqual((await associations("PRINCIPAL")).map((a) => [a.associatedEntity, a.status, a.external]), [[OTHER, "ASSOCIATED", true]]);
    const { resources } = await other.send(new api.ListResourcesCommand({ resourceOwner: "OTHER-ACCOUNTS", resourceShareArns: [made.share] }));
    assert.deepEqual(resources.map((r) => [r.arn, r.type, r.resourceRegionScope]), [[made.rule.Arn, "route53resolver:ResolverRule", "REGIONAL"]]);
    await refused(other.send(new api.DeleteResourceShareCommand({ resourceShareArn: made.share })), api.OperationNotPermittedException, /do not own/);
    await refused(other.send(new api.AcceptResourceShareInvitationCommand({ resourceShareInvitationArn: invitation.resourceShareInvitationArn })),
      api.ResourceShareInvitationAlreadyAcceptedException, /already accepted/);
    await other.send(new api.DisassociateResourceShareCommand({ resourceShareArn: made.share, principals: [OTHER] }));
    assert.deepEqual((await associations("PRINCIPAL")).map((a) => a.status), ["DISASSOCIATED"]);
    await refused(other.send(new api.GetResourceSharesCommand({ resourceOwner: "OTHER-ACCOUNTS", resourceShareArns: [made.share] })), api.UnknownResourceException, /could not be found/);
  });

  test("the same token gives the same answer", async () => {
    const ask = { name: "once", clientToken: randomUUID() };
    const first = await owner.send(new api.CreateResourceShareCommand(ask));
    const again = await owner.send(new api.CreateResourceShareCommand(ask));
    assert.deepEqual(again.resourceShare, first.resourceShare);
    await refused(owner.send(new api.CreateResourceShareCommand({ ...ask, name: "twice" })), api.IdempotentParameterMismatchException, /token/);
    await owner.send(new api.DeleteResourceShareCommand({ resourceShareArn: first.resourceShare.resourceShareArn }));
  });

  test("mistakes get the service's errors", async () => {
    const associate = (more) => owner.send(new api.AssociateResourceShareCommand({ resourceShareArn: made.share, ...more }));
    await refused(associate({ resourceArns: ["x"] }), api.MalformedArnException, /^The specified resource ARN x is not valid/);
    await refused(associate({ resourceArns: [`arn:aws:route53resolver:us-east-1:${OTHER}:resolver-rule/rslvr-rr-1`] }), api.UnknownResourceException, /could not be found/);
    await refused(associate({ principals: ["12"] }), api.InvalidParameterException, /^Principal ID 12 is malformed/);
    await refused(associate({}), api.InvalidParameterException, /at least one/);
    await refused(owner.send(new api.ListResourcesCommand({ resourceOwner: "SELF", resourceType: "x:Y" })), api.InvalidResourceTypeException, /^Invalid resource type: x:Y$/);
    await refused(owner.send(new api.UpdateResourceShareCommand({ resourceShareArn: made.share })), api.MissingRequiredParameterException, /name/);
    await refused(owner.send(new api.PromoteResourceShareCreatedFromPolicyCommand({ resourceShareArn: made.share })), api.InvalidParameterException, /policy/);
  });
});

describe("permissions", () => {
  const name = `p-${randomUUID().slice(0, 8)}`;
  const permissionArn = `arn:aws:ram:us-east-1:${OWNER}:permission/${name}`;
  let share;

  test("a permission has versions, and shares follow", async () => {
    const { permission } = await owner.send(new api.CreatePermissionCommand({ name, resourceType: PROFILE, policyTemplate: readOnly, tags: [{ key: "a", value: "b" }] }));
    assert.deepEqual([permission.arn, permission.version, permission.permissionType], [permissionArn, "1", "CUSTOMER_MANAGED"]);
    await refused(owner.send(new api.CreatePermissionCommand({ name, resourceType: PROFILE, policyTemplate: readOnly })), api.PermissionAlreadyExistsException, /already exists/, 409);
    share = (await owner.send(new api.CreateResourceShareCommand({ name: "with-permission", permissionArns: [permissionArn] }))).resourceShare.resourceShareArn;
    assert.equal((await owner.send(new api.CreatePermissionVersionCommand({ permissionArn, policyTemplate: admin }))).permission.version, "2");
    const before = (await owner.send(new api.ListPermissionAssociationsCommand({ permissionArn }))).permissions;
    assert.deepEqual(before.map((p) => [p.resourceShareArn, p.permissionVersion, p.defaultVersion]), [[share, "1", false]]);
    const work = (await owner.send(new api.ReplacePermissionAssociationsCommand({ fromPermissionArn: permissionArn, toPermissionArn: permissionArn }))).replacePermissionAssociationsWork;
    const works = (await owner.send(new api.ListReplacePermissionAssociationsWorkCommand({ workIds: [work.id] }))).replacePermissionAssociationsWorks;
    assert.deepEqual(works.map((w) => [w.status, w.toPermissionVersion]), [["COMPLETED", "2"]]);
    assert.deepEqual((await owner.send(new api.ListResourceSharePermissionsCommand({ resourceShareArn: share }))).permissions.map((p) => [p.name, p.version]), [[name, "2"]]);
    assert.equal((await owner.send(new api.DeletePermissionVersionCommand({ permissionArn, permissionVersion: 1 }))).returnValue, true);
    await refused(owner.send(new api.DeletePermissionVersionCommand({ permissionArn, permissionVersion: 2 })), api.OperationNotPermittedException, /default version/);
    await refused(other.send(new api.GetPermissionCommand({ permissionArn })), api.UnknownResourceException, /could not be found/);
  });

  test("templates are checked", async () => {
    const create = (policyTemplate, resourceType = PROFILE) => owner.send(new api.CreatePermissionCommand({ name: "t", resourceType, policyTemplate }));
    await refused(create("{"), api.MalformedPolicyTemplateException, /JSON/);
    await refused(create(JSON.stringify({ Effect: "Allow", Action: ["route53profiles:DeleteProfile"] })), api.InvalidPolicyException, /DeleteProfile/);
    await refused(create(readOnly, "route53resolver:ResolverRule"), api.InvalidParameterException, /customer managed/);
  });

  test("a permission in use stays", async () => {
    await refused(owner.send(new api.DeletePermissionCommand({ permissionArn })), api.OperationNotPermittedException, /associated/);
    await owner.send(new api.DeleteResourceShareCommand({ resourceShareArn: share }));
    assert.equal((await owner.send(new api.DeletePermissionCommand({ permissionArn }))).permissionStatus, "DELETED");
  });
});
