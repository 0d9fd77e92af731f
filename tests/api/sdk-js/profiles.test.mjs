// SPDX-License-Identifier: Apache-2.0
// Two accounts share a Profile: the unmodified AWS SDK for JavaScript v2 (the one with a client for Route 53 Profiles) drives it, v3 the rest; DNS follows.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { randomUUID } from "node:crypto";
import { createRequire } from "node:module";
import { after, before, describe, test } from "node:test";
import * as ec2api from "@aws-sdk/client-ec2";
import * as ramapi from "@aws-sdk/client-ram";
import * as r53api from "@aws-sdk/client-route-53";
import * as rslvrapi from "@aws-sdk/client-route53resolver";

const require = createRequire(import.meta.url);
process.env.AWS_SDK_JS_SUPPRESS_MAINTENANCE_MODE_MESSAGE = "1";
const AWS = require("aws-sdk");

// What the service got after the SDK's last model: priorities of associations.
const model = JSON.parse(JSON.stringify(require("aws-sdk/apis/route53profiles-2018-05-10.min.json")));
const association = model.operations.GetProfileAssociation.output;
const shapeOf = (s) => (s.shape ? model.shapes[s.shape] : s);
shapeOf(shapeOf(association).members.ProfileAssociation).members.Priority = { type: "integer" };
model.operations.AssociateProfile.input.members.Priority = { type: "integer" };
model.operations.UpdateProfileAssociation = {
  http: { method: "PATCH", requestUri: "/profileassociation/{ProfileAssociationId}" },
  input: { type: "structure", required: ["ProfileAssociationId"],
    members: { ProfileAssociationId: { location: "uri", locationName: "ProfileAssociationId" }, Name: {}, Priority: { type: "integer" } } },
  output: association,
};

const OWNER = process.env.B53_ACCOUNT, OTHER = process.env.B53_OTHER_ACCOUNT;
const settings = { endpoint: process.env.B53_URL, region: "us-east-1", maxAttempts: 1 };
const otherKeys = { accessKeyId: process.env.B53_OTHER_KEY, secretAccessKey: process.env.B53_OTHER_SECRET };
const ownKeys = { accessKeyId: process.env.AWS_ACCESS_KEY_ID, secretAccessKey: process.env.AWS_SECRET_ACCESS_KEY };
const party = (credentials) => ({
  profiles: new AWS.Route53Profiles({ endpoint: settings.endpoint, region: settings.region, maxRetries: 0, paramValidation: false, ...credentials }),
  newer: new AWS.Route53Profiles({ endpoint: settings.endpoint, region: settings.region, maxRetries: 0, paramValidation: false, apiConfig: model, ...credentials }),
  ec2: new ec2api.EC2Client({ ...settings, credentials }), r53: new r53api.Route53Client({ ...settings, credentials }),
  rslvr: new rslvrapi.Route53ResolverClient({ ...settings, credentials }), ram: new ramapi.RAMClient({ ...settings, credentials }),
});
const owner = party(ownKeys), other = party(otherKeys);
const call = (who, operation, params = {}) => who.profiles[operation](params).promise();

async function refused(promise, code, pattern, more = {}) {
  await assert.rejects(promise, (error) => {
    assert.equal(error.code ?? error.name, code, error.message);
    if (pattern) assert.match(error.message, pattern);
    assert.equal(error.statusCode ?? error.$metadata.httpStatusCode, 400);
    for (const [name, value] of Object.entries(more)) assert.equal(error[name], value);
    return true;
  });
}

// Names that nothing here answers go out to the Internet, which may not be there: no answer, or none in time, is [].
const dig = (name, source) =>
  spawnSync("dig", ["-b", source, "@127.10.0.2", "-p", process.env.B53_DNS_PORT, name, "A", "+short", "+tries=1", "+time=1"], { encoding: "utf8" })
    .stdout.split("\n").filter((line) => line && !line.startsWith(";"));

const network = async (who, CidrBlock) => {
  const VpcId = (await who.ec2.send(new ec2api.CreateVpcCommand({ CidrBlock }))).Vpc.VpcId;
  await who.ec2.send(new ec2api.ModifyVpcAttributeCommand({ VpcId, EnableDnsHostnames: { Value: true } }));
  return VpcId;
};
const zone = async (who, Name, VPCId, address) => {
  const made = await who.r53.send(new r53api.CreateHostedZoneCommand({ Name, CallerReference: randomUUID(), VPC: { VPCRegion: "us-east-1", VPCId } }));
  const id = made.HostedZone.Id.split("/").pop();
  await who.r53.send(new r53api.ChangeResourceRecordSetsCommand({ HostedZoneId: id, ChangeBatch: { Changes: [
    { Action: "CREATE", ResourceRecordSet: { Name: `www.${Name}`, Type: "A", TTL: 60, ResourceRecords: [{ Value: address }] } }] } }));
  return `arn:aws:route53:::hostedzone/${id}`;
};
const unzone = async (who, arn, Name, address) => {
  const id = arn.split("/").pop();
  await who.r53.send(new r53api.ChangeResourceRecordSetsCommand({ HostedZoneId: id, ChangeBatch: { Changes: [
    { Action: "DELETE", ResourceRecordSet: { Name: `www.${Name}`, Type: "A", TTL: 60, ResourceRecords: [{ Value: address }] } }] } }));
  await who.r53.send(new r53api.DeleteHostedZoneCommand({ Id: id }));
};

const made = {};
const IN_OWNER = "127.41.0.7", IN_SECOND = "127.42.0.7", IN_OTHER = "127.43.0.7";

before(async () => {
  made.vpc = await network(owner, "127.41.0.0/16");
  made.second = await network(owner, "127.42.0.0/16");
  made.otherVpc = await network(other, "127.43.0.0/16");
  made.profile = (await call(owner, "createProfile", { Name: "shared services", ClientToken: "js", Tags: [{ Key: "a", Value: "1" }] })).Profile;
  made.zone = await zone(owner, "shared.internal", made.second, "192.0.2.41");
});

after(async () => {
  await call(owner, "deleteProfile", { ProfileId: made.profile.Id });
  await unzone(owner, made.zone, "shared.internal", "192.0.2.41");
  for (const VpcId of [made.vpc, made.second]) await owner.ec2.send(new ec2api.DeleteVpcCommand({ VpcId }));
  await other.ec2.send(new ec2api.DeleteVpcCommand({ VpcId: made.otherVpc }));
});

describe("a profile of one account", () => {
  test("objects have the service's shapes", async () => {
    const p = made.profile;
    assert.match(p.Id, /^rp-[0-9a-f]{17}$/);
    assert.equal(p.Arn, `arn:aws:route53profiles:us-east-1:${OWNER}:profile/${p.Id}`);
    assert.deepEqual([p.Status, p.StatusMessage, p.ShareStatus, p.OwnerId, p.ClientToken], ["COMPLETE", "Created Profile", "NOT_SHARED", OWNER, "js"]);
    assert.ok(p.CreationTime instanceof Date && Math.abs(p.CreationTime - Date.now()) < 60000);
    assert.equal((await call(owner, "createProfile", { Name: "shared services", ClientToken: "js", Tags: [{ Key: "a", Value: "1" }] })).Profile.Id, p.Id);
    await refused(call(owner, "createProfile", { Name: "other", ClientToken: "js" }), "InvalidParameterException", /token/, { FieldName: "ClientToken" });
    await refused(call(owner, "createProfile", { Name: "123", ClientToken: "x" }), "ValidationException", /at 'name' failed to satisfy constraint/);
    const { ProfileSummaries } = await call(owner, "listProfiles", { MaxResults: 100 });
    assert.deepEqual(ProfileSummaries.map((s) => [s.Id, s.Name, s.ShareStatus]), [[p.Id, "shared services", "NOT_SHARED"]]);
    await refused(call(owner, "listProfiles", { NextToken: "x" }), "InvalidNextTokenException");
    await refused(call(owner, "listProfiles", { MaxResults: 101 }), "ValidationException", /less than or equal to 100/);
    await refused(call(owner, "getProfile", { ProfileId: "rp-x" }), "ResourceNotFoundException", /rp-x/);
  });

  test("tags are a list at first and a map later", async () => {
    const ResourceArn = made.profile.Arn;
    assert.deepEqual((await call(owner, "listTagsForResource", { ResourceArn })).Tags, { a: "1" });
    assert.deepEqual(await call(owner, "tagResource", { ResourceArn, Tags: { b: "2", c: "" } }), {});
    await call(owner, "untagResource", { ResourceArn, TagKeys: ["a", "b"] });
    assert.deepEqual((await call(owner, "listTagsForResource", { ResourceArn })).Tags, { c: "" });
    await refused(call(owner, "listTagsForResource", { ResourceArn: `${ResourceArn}x` }), "ResourceNotFoundException");
  });

  test("what is in it resolves in its VPCs", async () => {
    const ProfileId = made.profile.Id, ResourceId = made.vpc;
    const { ProfileAssociation: a } = await call(owner, "associateProfile", { Name: "a", ProfileId, ResourceId, Tags: [{ Key: "k", Value: "v" }] });
    assert.match(a.Id, /^rpassoc-[0-9a-f]+$/);
    assert.deepEqual([a.Status, a.StatusMessage, a.OwnerId, a.ResourceId], ["CREATING", "Creating Profile Association", OWNER, ResourceId]);
    const read = (await call(owner, "getProfileAssociation", { ProfileAssociationId: a.Id })).ProfileAssociation;
    assert.deepEqual([read.Status, read.StatusMessage], ["COMPLETE", "Created Profile Association"]);
    const arn = `arn:aws:route53profiles:us-east-1:${OWNER}:profile-association/${a.Id}`;
    assert.deepEqual((await call(owner, "listTagsForResource", { ResourceArn: arn })).Tags, { k: "v" });
    assert.deepEqual(dig("www.shared.internal", IN_OWNER), []);
    const { ProfileResourceAssociation: r } = await call(owner, "associateResourceToProfile", { Name: "z", ProfileId, ResourceArn: made.zone });
    assert.deepEqual([r.Status, r.ResourceType, r.ResourceArn], ["CREATING", "HOSTED_ZONE", made.zone]);
    assert.deepEqual(dig("www.shared.internal", IN_OWNER), ["192.0.2.41"]);
    await refused(call(owner, "associateResourceToProfile", { Name: "z", ProfileId, ResourceArn: made.zone }), "ConflictException", /already associated/);
    await refused(call(owner, "associateProfile", { Name: "a", ProfileId, ResourceId }), "ResourceExistsException", /already associated/);
    await refused(call(owner, "associateProfile", { Name: "a", ProfileId, ResourceId: made.otherVpc }), "ResourceNotFoundException", /vpc-/);
    await refused(call(owner, "deleteProfile", { ProfileId }), "ConflictException", /VPCs/);
    assert.equal((await call(owner, "listProfileAssociations", { ProfileId, ResourceId })).ProfileAssociations.length, 1);
    assert.equal((await call(owner, "disassociateProfile", { ProfileId, ResourceId })).ProfileAssociation.Status, "DELETING");
    assert.deepEqual(dig("www.shared.internal", IN_OWNER), []);
    await refused(call(owner, "getProfileAssociation", { ProfileAssociationId: a.Id }), "ResourceNotFoundException");
    const { ProfileResourceAssociation: gone } = await call(owner, "disassociateResourceFromProfile", { ProfileId, ResourceArn: made.zone });
    assert.equal(gone.Status, "DELETING");
    await refused(call(owner, "getProfileResourceAssociation", { ProfileResourceAssociationId: r.Id }), "ResourceNotFoundException");
  });

  test("firewall rule groups and query log configs", async () => {
    const ProfileId = made.profile.Id;
    const { FirewallRuleGroup: g } = await owner.rslvr.send(new rslvrapi.CreateFirewallRuleGroupCommand({ Name: "g", CreatorRequestId: randomUUID() }));
    assert.deepEqual([g.Status, g.RuleCount, g.ShareStatus], ["COMPLETE", 0, "NOT_SHARED"]);
    await refused(call(owner, "associateResourceToProfile", { Name: "g", ProfileId, ResourceArn: g.Arn }), "InvalidParameterException", /priority/);
    await refused(call(owner, "associateResourceToProfile", { Name: "g", ProfileId, ResourceArn: g.Arn, ResourceProperties: '{"priority":99}' }),
      "InvalidParameterException", /between "100" and "9900"/);
    const { ProfileResourceAssociation: r } = await call(owner, "associateResourceToProfile",
      { Name: "g", ProfileId, ResourceArn: g.Arn, ResourceProperties: '{ "priority": 102 }' });
    assert.deepEqual([r.Status, r.StatusMessage, r.ResourceProperties],
      ["UPDATING", "Updating the Profile to DNS Firewall rule group association", '{"priority":102}']);
    const { ProfileResourceAssociation: up } = await call(owner, "updateProfileResourceAssociation",
      { ProfileResourceAssociationId: r.Id, Name: "new", ResourceProperties: '{"priority":103}' });
    assert.deepEqual([up.Name, up.ResourceProperties], ["new", '{"priority":103}']);
    const { ResolverQueryLogConfig: q } = await owner.rslvr.send(new rslvrapi.CreateResolverQueryLogConfigCommand(
      { Name: "q", DestinationArn: "arn:aws:s3:::logs", CreatorRequestId: randomUUID() }));
    assert.equal(q.Status, "CREATED");
    const { ProfileResourceAssociation: l } = await call(owner, "associateResourceToProfile", { Name: "q", ProfileId, ResourceArn: q.Arn });
    assert.equal(l.StatusMessage, `Creating ${ProfileId} to ${q.Id} association`);
    const list = async (ResourceType) => (await call(owner, "listProfileResourceAssociations", { ProfileId, ResourceType })).ProfileResourceAssociations;
    assert.deepEqual((await list()).map((x) => [x.ResourceType, x.Status]), [["FIREWALL_RULE_GROUP", "COMPLETE"], ["RESOLVER_QUERY_LOG_CONFIG", "COMPLETE"]]);
    assert.deepEqual((await list("FIREWALL_RULE_GROUP")).map((x) => x.StatusMessage),
      ["Completed creation of Profile to DNS Firewall rule group association"]);
    await refused(owner.rslvr.send(new rslvrapi.DeleteFirewallRuleGroupCommand({ FirewallRuleGroupId: g.Id })), "ConflictException", /Profile/);
    await refused(owner.rslvr.send(new rslvrapi.DeleteResolverQueryLogConfigCommand({ ResolverQueryLogConfigId: q.Id })), "InvalidRequestException", /Profile/);
    for (const ResourceArn of [g.Arn, q.Arn]) await call(owner, "disassociateResourceFromProfile", { ProfileId, ResourceArn });
    await owner.rslvr.send(new rslvrapi.DeleteFirewallRuleGroupCommand({ FirewallRuleGroupId: g.Id }));
    await owner.rslvr.send(new rslvrapi.DeleteResolverQueryLogConfigCommand({ ResolverQueryLogConfigId: q.Id }));
  });

  test("an interface endpoint's private name", async () => {
    const ProfileId = made.profile.Id, name = "ssm.us-east-1.amazonaws.com";
    const subnet = (await owner.ec2.send(new ec2api.CreateSubnetCommand({ VpcId: made.second, CidrBlock: "127.42.1.0/24" }))).Subnet.SubnetId;
    const { VpcEndpoint: e } = await owner.ec2.send(new ec2api.CreateVpcEndpointCommand({ VpcEndpointType: "Interface", VpcId: made.second,
      ServiceName: "com.amazonaws.us-east-1.ssm", SubnetIds: [subnet], PrivateDnsEnabled: false }));
    assert.deepEqual([e.State, e.PrivateDnsEnabled, e.NetworkInterfaceIds.length], ["pending", false, 1]);
    const { ProfileResourceAssociation: r } = await call(owner, "associateResourceToProfile",
      { Name: "e", ProfileId, ResourceArn: `arn:aws:ec2:us-east-1:${OWNER}:vpc-endpoint/${e.VpcEndpointId}` });
    const properties = JSON.parse(r.ResourceProperties);
    assert.equal(properties.ServiceName, "com.amazonaws.us-east-1.ssm.");
    assert.deepEqual(Object.values(properties).slice(1), [`${name}.`]);
    await call(owner, "associateProfile", { Name: "a", ProfileId, ResourceId: made.vpc });
    const nic = (await owner.ec2.send(new ec2api.DescribeNetworkInterfacesCommand({ NetworkInterfaceIds: e.NetworkInterfaceIds }))).NetworkInterfaces[0];
    assert.deepEqual(dig(name, IN_OWNER), [nic.PrivateIpAddress]);
    assert.notDeepEqual(dig(name, IN_SECOND), [nic.PrivateIpAddress]);
    await owner.ec2.send(new ec2api.ModifyVpcEndpointCommand({ VpcEndpointId: e.VpcEndpointId, PrivateDnsEnabled: true }));
    assert.deepEqual(dig(name, IN_SECOND), [nic.PrivateIpAddress]);
    await owner.ec2.send(new ec2api.DeleteVpcEndpointsCommand({ VpcEndpointIds: [e.VpcEndpointId] }));
    assert.notDeepEqual(dig(name, IN_OWNER), [nic.PrivateIpAddress]);
    assert.deepEqual((await call(owner, "listProfileResourceAssociations", { ProfileId })).ProfileResourceAssociations, []);
    await call(owner, "disassociateProfile", { ProfileId, ResourceId: made.vpc });
    await owner.ec2.send(new ec2api.DeleteSubnetCommand({ SubnetId: subnet }));
  });

  test("settings for its VPCs", async () => {
    const ResourceId = made.profile.Id;
    const reverse = async () => (await owner.rslvr.send(new rslvrapi.GetResolverConfigCommand({ ResourceId }))).ResolverConfig.AutodefinedReverse;
    assert.equal(await reverse(), "USE_LOCAL_RESOURCE_SETTING");
    const { ResolverConfig } = await owner.rslvr.send(new rslvrapi.UpdateResolverConfigCommand({ ResourceId, AutodefinedReverseFlag: "DISABLE" }));
    assert.equal(ResolverConfig.AutodefinedReverse, "DISABLING");
    assert.equal(await reverse(), "DISABLED");
    const { ResolverDNSSECConfig } = await owner.rslvr.send(new rslvrapi.UpdateResolverDnssecConfigCommand({ ResourceId, Validation: "ENABLE" }));
    assert.equal(ResolverDNSSECConfig.ValidationStatus, "ENABLING");
    const { ResolverDnssecConfigs } = await owner.rslvr.send(new rslvrapi.ListResolverDnssecConfigsCommand({}));
    assert.deepEqual(ResolverDnssecConfigs.filter((c) => c.ResourceId === ResourceId).map((c) => c.ValidationStatus), ["ENABLED"]);
    const { FirewallConfig } = await owner.rslvr.send(new rslvrapi.UpdateFirewallConfigCommand({ ResourceId, FirewallFailOpen: "ENABLED" }));
    assert.equal(FirewallConfig.FirewallFailOpen, "ENABLED");
    await owner.rslvr.send(new rslvrapi.UpdateResolverConfigCommand({ ResourceId, AutodefinedReverseFlag: "USE_LOCAL_RESOURCE_SETTING" }));
    assert.equal(await reverse(), "USE_LOCAL_RESOURCE_SETTING");
    await refused(owner.rslvr.send(new rslvrapi.UpdateFirewallConfigCommand({ ResourceId: made.vpc, FirewallFailOpen: "USE_LOCAL_RESOURCE_SETTING" })),
      "ValidationException");
  });

  test("several profiles by priority", async () => {
    const second = (await call(owner, "createProfile", { Name: "second", ClientToken: randomUUID() })).Profile.Id;
    const third = await zone(owner, "shared.internal", made.vpc, "192.0.2.43");
    const newer = (operation, params) => owner.newer[operation](params).promise();
    await call(owner, "associateResourceToProfile", { Name: "z", ProfileId: made.profile.Id, ResourceArn: made.zone });
    await call(owner, "associateResourceToProfile", { Name: "z", ProfileId: second, ResourceArn: third });
    const target = await network(owner, "127.44.0.0/16");
    const { ProfileAssociation: a } = await call(owner, "associateProfile", { Name: "a", ProfileId: made.profile.Id, ResourceId: target });
    await refused(call(owner, "associateProfile", { Name: "b", ProfileId: second, ResourceId: target }), "ResourceExistsException", /already associated/);
    await refused(newer("associateProfile", { Name: "b", ProfileId: second, ResourceId: target, Priority: 100 }), "ResourceExistsException", /priority first/);
    assert.equal((await newer("updateProfileAssociation", { ProfileAssociationId: a.Id, Priority: 200 })).ProfileAssociation.Status, "UPDATING");
    await refused(newer("updateProfileAssociation", { ProfileAssociationId: a.Id, Priority: 99 }), "ValidationException", /greater than or equal to 100/);
    await refused(newer("associateProfile", { Name: "b", ProfileId: second, ResourceId: target, Priority: 200 }), "ValidationException", /already used/);
    const { ProfileAssociation: b } = await newer("associateProfile", { Name: "b", ProfileId: second, ResourceId: target, Priority: 300 });
    assert.equal(b.Priority, 300);
    assert.deepEqual(dig("www.shared.internal", "127.44.0.7"), ["192.0.2.41"]);
    await newer("updateProfileAssociation", { ProfileAssociationId: b.Id, Priority: 100 });
    assert.deepEqual(dig("www.shared.internal", "127.44.0.7"), ["192.0.2.43"]);
    assert.deepEqual((await newer("listProfileAssociations", { ResourceId: target })).ProfileAssociations.map((x) => x.Priority).sort(), [100, 200]);
    await owner.ec2.send(new ec2api.DeleteVpcCommand({ VpcId: target }));
    assert.deepEqual((await newer("listProfileAssociations", { ResourceId: target })).ProfileAssociations, []);
    await call(owner, "deleteProfile", { ProfileId: second });
    await call(owner, "disassociateResourceFromProfile", { ProfileId: made.profile.Id, ResourceArn: made.zone });
    await unzone(owner, third, "shared.internal", "192.0.2.43");
  });
});

describe("a profile that is shared", () => {
  const ids = () => ({ ProfileId: made.profile.Id, ResourceId: made.otherVpc });
  const share = async (permissionArns) => {
    const { resourceShare } = await owner.ram.send(new ramapi.CreateResourceShareCommand({ name: `p${Date.now()}`, resourceArns: [made.profile.Arn], principals: [OTHER], permissionArns }));
    const { resourceShareInvitations: [invitation] } = await other.ram.send(new ramapi.GetResourceShareInvitationsCommand({ resourceShareArns: [resourceShare.resourceShareArn] }));
    await other.ram.send(new ramapi.AcceptResourceShareInvitationCommand({ resourceShareInvitationArn: invitation.resourceShareInvitationArn }));
    return resourceShare.resourceShareArn;
  };

  before(async () => {
    made.otherZone = await zone(other, "theirs.internal", made.otherVpc, "192.0.2.44");
    await call(owner, "associateResourceToProfile", { Name: "z", ProfileId: made.profile.Id, ResourceArn: made.zone });
    await call(owner, "associateProfile", { Name: "a", ProfileId: made.profile.Id, ResourceId: made.vpc });
  });

  after(async () => {
    await call(owner, "disassociateProfile", { ProfileId: made.profile.Id, ResourceId: made.vpc });
    await unzone(other, made.otherZone, "theirs.internal", "192.0.2.44");
  });

  test("a stranger learns nothing", async () => {
    const { ProfileId } = ids();
    await refused(call(other, "getProfile", { ProfileId }), "ResourceNotFoundException", /Can't find the resource with ID "rp-/);
    await refused(call(other, "associateProfile", { Name: "x", ...ids() }), "ResourceNotFoundException", /rp-/);
    await refused(call(other, "associateResourceToProfile", { Name: "x", ProfileId, ResourceArn: made.otherZone }), "ResourceNotFoundException", /rp-/);
    await refused(call(other, "listProfileResourceAssociations", { ProfileId }), "ResourceNotFoundException");
    await refused(call(other, "deleteProfile", { ProfileId }), "ResourceNotFoundException");
    assert.deepEqual((await call(other, "listProfiles")).ProfileSummaries, []);
  });

  test("a reader associates and resolves, and changes nothing", async () => {
    const { ProfileId, ResourceId } = ids(), shareArn = await share();
    assert.equal((await call(other, "getProfile", { ProfileId })).Profile.ShareStatus, "SHARED_WITH_ME");
    assert.equal((await call(owner, "getProfile", { ProfileId })).Profile.ShareStatus, "SHARED_BY_ME");
    assert.deepEqual((await call(other, "listProfiles")).ProfileSummaries.map((s) => [s.Id, s.ShareStatus]), [[ProfileId, "SHARED_WITH_ME"]]);
    await call(other, "associateProfile", { Name: "x", ProfileId, ResourceId });
    assert.deepEqual(dig("www.shared.internal", IN_OTHER), ["192.0.2.41"]);
    await refused(call(other, "associateResourceToProfile", { Name: "x", ProfileId, ResourceArn: made.otherZone }), "AccessDeniedException",
      /not authorized to perform: route53profiles:AssociateResourceToProfile on resource: arn:aws:route53profiles/);
    await refused(call(other, "disassociateResourceFromProfile", { ProfileId, ResourceArn: made.zone }), "AccessDeniedException");
    await refused(call(other, "deleteProfile", { ProfileId }), "AccessDeniedException");
    await refused(call(other, "tagResource", { ResourceArn: made.profile.Arn, Tags: { x: "y" } }), "AccessDeniedException");
    assert.equal((await call(owner, "listProfileAssociations", { ProfileId })).ProfileAssociations.length, 1);
    assert.equal((await call(other, "listProfileAssociations", { ProfileId })).ProfileAssociations.length, 1);
    await owner.ram.send(new ramapi.DeleteResourceShareCommand({ resourceShareArn: shareArn }));
    assert.deepEqual(dig("www.shared.internal", IN_OTHER), []);
    assert.deepEqual((await call(other, "listProfileAssociations", { ProfileId })).ProfileAssociations, []);
    await refused(call(other, "getProfile", { ProfileId }), "ResourceNotFoundException");
  });

  test("an admin puts zones of its own in", async () => {
    const { ProfileId, ResourceId } = ids();
    const policyTemplate = JSON.stringify({ Effect: "Allow", Action: ["GetProfile", "AssociateProfile", "DisassociateProfile", "AssociateResourceToProfile",
      "DisassociateResourceFromProfile", "ListProfileResourceAssociations"].map((a) => `route53profiles:${a}`),
      Condition: { "ForAllValues:StringEquals": { "route53profiles:HostedZoneDomains": ["theirs.internal"] } } });
    const { permission } = await owner.ram.send(new ramapi.CreatePermissionCommand({ name: `admin${Date.now()}`, resourceType: "route53profiles:Profile", policyTemplate }));
    const shareArn = await share([permission.arn]);
    const { ProfileResourceAssociation: r } = await call(other, "associateResourceToProfile", { Name: "x", ProfileId, ResourceArn: made.otherZone });
    assert.equal(r.OwnerId, OTHER);
    assert.deepEqual(dig("www.theirs.internal", IN_OWNER), ["192.0.2.44"]);
    const bad = await zone(other, "more.internal", made.otherVpc, "192.0.2.45");
    await refused(call(other, "associateResourceToProfile", { Name: "x", ProfileId, ResourceArn: bad }), "AccessDeniedException");
    await unzone(other, bad, "more.internal", "192.0.2.45");
    await refused(call(other, "associateResourceToProfile", { Name: "x", ProfileId, ResourceArn: made.zone }), "ResourceNotFoundException");
    await call(other, "associateProfile", { Name: "x", ProfileId, ResourceId });
    await call(owner, "disassociateResourceFromProfile", { ProfileId, ResourceArn: made.otherZone });
    assert.deepEqual(dig("www.theirs.internal", IN_OWNER), []);
    await call(other, "disassociateProfile", { ProfileId, ResourceId });
    await owner.ram.send(new ramapi.DeleteResourceShareCommand({ resourceShareArn: shareArn }));
    await owner.ram.send(new ramapi.DeletePermissionCommand({ permissionArn: permission.arn }));
  });
});
