// SPDX-License-Identifier: Apache-2.0
// The architecture of many accounts from all sides: RAM, Route 53, Route 53 Resolver and EC2 by the AWS SDK for JavaScript v3, Profiles by v2
// (v3 has no client for it in the registry). The accounts are this file's own, because files run at the same time. Shared Services shares a Profile with A and B; DNS follows; mistakes get the service's errors.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { randomUUID } from "node:crypto";
import dgram from "node:dgram";
import { after, before, describe, test } from "node:test";
import { promisify } from "node:util";
import * as ec2api from "@aws-sdk/client-ec2";
import * as ramapi from "@aws-sdk/client-ram";
import * as r53api from "@aws-sdk/client-route-53";
import * as rslvrapi from "@aws-sdk/client-route53resolver";

const { env } = process;
env.AWS_SDK_JS_SUPPRESS_MAINTENANCE_MODE_MESSAGE = "1";
const { default: AWS } = await import("aws-sdk");
const endpoint = env.B53_URL, region = "us-east-1";
const UNKNOWN = "rp-00000000000000000";
const READ_ONLY = "arn:aws:ram::aws:permission/AWSRAMPermissionRoute53ProfileAllowAssociation";
const ADMIN = ["GetProfile", "AssociateProfile", "DisassociateProfile", "GetProfileResourceAssociation", "ListProfileResourceAssociations",
  "AssociateResourceToProfile", "DisassociateResourceFromProfile"].map((action) => `route53profiles:${action}`);

// An account with its clients, its VPC 127.<net>.0.0/16 and what it makes there.
class Account {
  constructor(id, accessKeyId, secretAccessKey, net) {
    const settings = { endpoint, region, maxAttempts: 1, credentials: { accessKeyId, secretAccessKey } };
    this.id = id;
    this.net = net;
    this.ec2 = new ec2api.EC2Client(settings);
    this.ram = new ramapi.RAMClient(settings);
    this.r53 = new r53api.Route53Client(settings);
    this.rslvr = new rslvrapi.Route53ResolverClient(settings);
    this.v2 = new AWS.Route53Profiles({ endpoint, region, accessKeyId, secretAccessKey, maxRetries: 0, paramValidation: false });
  }

  profiles(operation, params = {}) {
    return this.v2[operation](params).promise();
  }

  // What an instance of the account's VPC gets: the status and the addresses.
  async dig(name) {
    const words = ["-b", `127.${this.net}.1.7`, "@127.10.0.2", "-p", env.B53_DNS_PORT, name, "A", "+noall", "+comments", "+answer", "+tries=2", "+time=3"];
    const { stdout } = await promisify(execFile)("dig", words).catch((error) => error);
    return [/status: ([A-Z]+)/.exec(stdout)?.[1], ...Array.from(stdout.matchAll(/\sA\s+([0-9.]+)$/gm), (match) => match[1])].join(" ");
  }

  async network() {
    this.vpc = (await this.ec2.send(new ec2api.CreateVpcCommand({ CidrBlock: `127.${this.net}.0.0/16` }))).Vpc.VpcId;
    await this.ec2.send(new ec2api.ModifyVpcAttributeCommand({ VpcId: this.vpc, EnableDnsHostnames: { Value: true } }));
  }

  // A private zone with the record web. Returns its ARN.
  async zone(name, address) {
    const made = await this.r53.send(new r53api.CreateHostedZoneCommand({ Name: name, CallerReference: randomUUID(), VPC: { VPCRegion: region, VPCId: this.vpc } }));
    const id = made.HostedZone.Id.split("/").pop();
    const record = { Name: `web.${name}`, Type: "A", TTL: 60, ResourceRecords: [{ Value: address }] };
    this.zones = [...(this.zones ?? []), { id, record }];
    await this.r53.send(new r53api.ChangeResourceRecordSetsCommand({ HostedZoneId: id, ChangeBatch: { Changes: [{ Action: "CREATE", ResourceRecordSet: record }] } }));
    return `arn:aws:route53:::hostedzone/${id}`;
  }

  async clear() {
    for (const { id, record } of this.zones ?? []) {
      await this.r53.send(new r53api.ChangeResourceRecordSetsCommand({ HostedZoneId: id, ChangeBatch: { Changes: [{ Action: "DELETE", ResourceRecordSet: record }] } }));
      await this.r53.send(new r53api.DeleteHostedZoneCommand({ Id: id }));
    }
    await this.ec2.send(new ec2api.DeleteVpcCommand({ VpcId: this.vpc }));
  }

  async accept(share) {
    const pending = (await this.ram.send(new ramapi.GetResourceShareInvitationsCommand({ resourceShareArns: [share] }))).resourceShareInvitations;
    const { resourceShareInvitationArn } = pending.find((invitation) => invitation.status === "PENDING");
    await this.ram.send(new ramapi.AcceptResourceShareInvitationCommand({ resourceShareInvitationArn }));
  }
}

const [hub, a, b] = JSON.parse(env.B53_MORE_ACCOUNTS).map(([id, key, secret], i) => new Account(id, key, secret, 51 + i));
const all = [hub, a, b];
const made = { shares: {} };

async function refused(promise, code, pattern = /./, status = 400) {
  await assert.rejects(promise, (error) => {
    assert.equal(error.code ?? error.name, code, `${error.code ?? error.name}: ${error.message}`);
    assert.match(error.message, pattern);
    assert.equal(error.statusCode ?? error.$metadata.httpStatusCode, status);
    return true;
  });
}

// A name server on 127.20.0.88 that answers every question for A with 192.0.2.80, and remembers who asked.
const asked = [];
const center = dgram.createSocket("udp4");
center.on("message", (query, peer) => {
  asked.push(peer.address);
  const question = query.subarray(12, query.indexOf(0, 12) + 5);
  const answer = Buffer.from([0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, 192, 0, 2, 80]);
  center.send(Buffer.concat([query.subarray(0, 2), Buffer.from([0x85, 0x80, 0, 1, 0, 1, 0, 0, 0, 0]), question, answer]), peer.port, peer.address);
});

describe("a Profile of three accounts", { concurrency: false }, () => {
  before(async () => {
    await new Promise((ready) => center.bind(0, "127.20.0.88", ready));
    for (const account of all) await account.network();
    for (const account of all) await account.zone("internal", "10.0.9.9"); // what is not known is known to be missing
    const { ec2, rslvr } = hub;
    made.subnets = [];
    for (const i of [1, 2])
      made.subnets.push((await ec2.send(new ec2api.CreateSubnetCommand({ VpcId: hub.vpc, CidrBlock: `127.51.${i}.0/24`, AvailabilityZone: `${region}${"ab"[i - 1]}` }))).Subnet.SubnetId);
    made.group = (await ec2.send(new ec2api.CreateSecurityGroupCommand({ GroupName: "dns", Description: "dns", VpcId: hub.vpc }))).GroupId;
    made.endpoint = (await rslvr.send(new rslvrapi.CreateResolverEndpointCommand({
      CreatorRequestId: randomUUID(), Direction: "OUTBOUND", SecurityGroupIds: [made.group], IpAddresses: made.subnets.map((SubnetId, i) => ({ SubnetId, Ip: `127.51.${i + 1}.10` })),
    }))).ResolverEndpoint.Id;
    made.rule = (await rslvr.send(new rslvrapi.CreateResolverRuleCommand({
      CreatorRequestId: randomUUID(), RuleType: "FORWARD", DomainName: "corp.internal", ResolverEndpointId: made.endpoint, TargetIps: [{ Ip: "127.20.0.88", Port: center.address().port }],
    }))).ResolverRule;
    made.profile = (await hub.profiles("createProfile", { Name: "company", ClientToken: "js-company", Tags: [{ Key: "team", Value: "network" }] })).Profile;
  });

  after(async () => {
    center.close();
    await hub.profiles("disassociateProfile", { ProfileId: made.profile.Id, ResourceId: hub.vpc });
    await hub.profiles("deleteProfile", { ProfileId: made.profile.Id });
    await refused(hub.profiles("getProfile", { ProfileId: made.profile.Id }), "ResourceNotFoundException", /Can't find the resource with ID "rp-/);
    await hub.ram.send(new ramapi.DeletePermissionCommand({ permissionArn: made.permission }));
    await hub.rslvr.send(new rslvrapi.DeleteResolverRuleCommand({ ResolverRuleId: made.rule.Id }));
    await hub.rslvr.send(new rslvrapi.DeleteResolverEndpointCommand({ ResolverEndpointId: made.endpoint }));
    await hub.ec2.send(new ec2api.DeleteSecurityGroupCommand({ GroupId: made.group }));
    for (const SubnetId of made.subnets) await hub.ec2.send(new ec2api.DeleteSubnetCommand({ SubnetId }));
    for (const account of all) await account.clear();
  });

  test("a profile has the service's shape", async () => {
    const { profile } = made;
    assert.match(profile.Id, /^rp-[0-9a-f]{17}$/);
    assert.equal(profile.Arn, `arn:aws:route53profiles:${region}:${hub.id}:profile/${profile.Id}`);
    assert.deepEqual([profile.Status, profile.StatusMessage, profile.ShareStatus, profile.OwnerId], ["COMPLETE", "Created Profile", "NOT_SHARED", hub.id]);
    assert.ok(profile.CreationTime instanceof Date && Math.abs(profile.CreationTime - Date.now()) < 60000);
    assert.equal((await hub.profiles("createProfile", { Name: "company", ClientToken: "js-company", Tags: [{ Key: "team", Value: "network" }] })).Profile.Id, profile.Id);
    await hub.profiles("tagResource", { ResourceArn: profile.Arn, Tags: { stage: "test" } });
    await hub.profiles("untagResource", { ResourceArn: profile.Arn, TagKeys: ["team"] });
    assert.deepEqual((await hub.profiles("listTagsForResource", { ResourceArn: profile.Arn })).Tags, { stage: "test" });
  });

  test("nobody else sees it before it is shared", async () => {
    assert.deepEqual((await a.profiles("listProfiles")).ProfileSummaries, []);
    for (const operation of ["getProfile", "deleteProfile", "listProfileResourceAssociations"])
      await refused(a.profiles(operation, { ProfileId: made.profile.Id }), "ResourceNotFoundException", /Can't find the resource with ID "rp-/);
    await refused(a.profiles("associateProfile", { Name: "a", ProfileId: made.profile.Id, ResourceId: a.vpc }), "ResourceNotFoundException");
  });

  test("it is shared by RAM, with a permission that the owner has written", async () => {
    const policyTemplate = JSON.stringify({ Effect: "Allow", Action: ADMIN });
    made.permission = (await hub.ram.send(new ramapi.CreatePermissionCommand({ name: "js-profile-admin", resourceType: "route53profiles:Profile", policyTemplate }))).permission.arn;
    for (const [name, account] of [["a", a], ["b", b]]) {
      const share = await hub.ram.send(new ramapi.CreateResourceShareCommand({
        name, resourceArns: [made.profile.Arn], principals: [account.id], permissionArns: [made.permission], allowExternalPrincipals: true,
      }));
      made.shares[name] = share.resourceShare.resourceShareArn;
      await refused(account.profiles("getProfile", { ProfileId: made.profile.Id }), "ResourceNotFoundException"); // invited is not accepted
      await account.accept(made.shares[name]);
      assert.equal((await account.profiles("getProfile", { ProfileId: made.profile.Id })).Profile.ShareStatus, "SHARED_WITH_ME");
      const listed = await account.ram.send(new ramapi.ListResourcesCommand({ resourceOwner: "OTHER-ACCOUNTS", resourceType: "route53profiles:Profile" }));
      assert.deepEqual(listed.resources.map((resource) => resource.arn), [made.profile.Arn]);
    }
    assert.equal((await hub.profiles("getProfile", { ProfileId: made.profile.Id })).Profile.ShareStatus, "SHARED_BY_ME");
  });

  test("all three VPCs get it; each account sees its own association", async () => {
    for (const account of all) {
      const { ProfileAssociation } = await account.profiles("associateProfile", { Name: "vpc", ProfileId: made.profile.Id, ResourceId: account.vpc });
      assert.match(ProfileAssociation.Id, /^rpassoc-[0-9a-f]{17}$/);
      assert.deepEqual([ProfileAssociation.Status, ProfileAssociation.OwnerId, ProfileAssociation.ResourceId], ["CREATING", account.id, account.vpc]);
      const read = await account.profiles("getProfileAssociation", { ProfileAssociationId: ProfileAssociation.Id });
      assert.equal(read.ProfileAssociation.Status, "COMPLETE");
      assert.deepEqual((await account.profiles("listProfileAssociations", { ProfileId: made.profile.Id })).ProfileAssociations.map((x) => x.ResourceId), [account.vpc]);
      await refused(account.profiles("associateProfile", { Name: "again", ProfileId: made.profile.Id, ResourceId: account.vpc }), "ResourceExistsException", /already associated/);
    }
  });

  test("zones of A and B and the rule of Shared Services act in all VPCs", async () => {
    made.zoneA = await a.zone("aws.js100.internal", "10.0.1.100");
    made.zoneB = await b.zone("aws.js200.internal", "10.0.1.200");
    const put = (account, ResourceArn) => account.profiles("associateResourceToProfile", { Name: "res", ProfileId: made.profile.Id, ResourceArn });
    for (const [account, arn, type] of [[a, made.zoneA, "HOSTED_ZONE"], [b, made.zoneB, "HOSTED_ZONE"], [hub, made.rule.Arn, "RESOLVER_RULE"]]) {
      const { ProfileResourceAssociation } = await put(account, arn);
      assert.match(ProfileResourceAssociation.Id, /^rpr-[0-9a-f]{17}$/);
      assert.deepEqual([ProfileResourceAssociation.OwnerId, ProfileResourceAssociation.ResourceType], [account.id, type]);
      assert.equal((await hub.profiles("getProfileResourceAssociation", { ProfileResourceAssociationId: ProfileResourceAssociation.Id })).ProfileResourceAssociation.Status, "COMPLETE");
      await refused(put(account, arn), "ConflictException", /already associated/);
    }
    await refused(put(b, made.zoneA), "ResourceNotFoundException"); // A's zone is A's to give
    for (const account of all) {
      assert.equal((await account.profiles("listProfileResourceAssociations", { ProfileId: made.profile.Id })).ProfileResourceAssociations.length, 3);
      assert.equal(await account.dig("web.aws.js100.internal"), "NOERROR 10.0.1.100");
      assert.equal(await account.dig("web.aws.js200.internal"), "NOERROR 10.0.1.200");
      asked.length = 0;
      assert.equal(await account.dig(`app-${account.net}.corp.internal`), "NOERROR 192.0.2.80");
      assert.match(asked[0], /^127\.51\.[12]\.10$/); // the endpoint of Shared Services, whoever asked
    }
  });

  test("who is downgraded to read-only keeps what it has and can change nothing", async () => {
    await hub.ram.send(new ramapi.AssociateResourceSharePermissionCommand({ resourceShareArn: made.shares.b, permissionArn: READ_ONLY, replace: true }));
    const second = await b.zone("aws.js201.internal", "10.0.1.201");
    const denied = /not authorized to perform: route53profiles:/;
    await refused(b.profiles("associateResourceToProfile", { Name: "second", ProfileId: made.profile.Id, ResourceArn: second }), "AccessDeniedException", denied);
    await refused(b.profiles("disassociateResourceFromProfile", { ProfileId: made.profile.Id, ResourceArn: made.zoneB }), "AccessDeniedException", denied);
    for (const account of [a, b]) await refused(account.profiles("deleteProfile", { ProfileId: made.profile.Id }), "AccessDeniedException", denied);
    assert.equal(await b.dig("web.aws.js100.internal"), "NOERROR 10.0.1.100");
    assert.equal(await a.dig("web.aws.js200.internal"), "NOERROR 10.0.1.200");
  });

  test("mistakes get the service's errors", async () => {
    const own = (operation, params) => hub.profiles(operation, { ProfileId: made.profile.Id, ...params });
    await refused(own("getProfile", { ProfileId: UNKNOWN }), "ResourceNotFoundException", /Can't find the resource with ID "rp-0+"/);
    await refused(hub.profiles("getProfileAssociation", { ProfileAssociationId: "rpassoc-1" }), "ResourceNotFoundException");
    await refused(hub.profiles("getProfileResourceAssociation", { ProfileResourceAssociationId: "rpr-1" }), "ResourceNotFoundException");
    await refused(own("disassociateProfile", { ResourceId: "vpc-0" }), "ResourceNotFoundException");
    await refused(own("disassociateResourceFromProfile", { ResourceArn: "arn:aws:route53:::hostedzone/Z0" }), "ResourceNotFoundException");
    await refused(own("associateProfile", { Name: "x", ResourceId: a.vpc }), "ResourceNotFoundException"); // A's VPC is A's to associate
    await refused(hub.profiles("createProfile", { Name: "1234", ClientToken: "x" }), "ValidationException");
    await refused(hub.profiles("createProfile", { Name: "other", ClientToken: "js-company" }), "InvalidParameterException", /client token/);
    await refused(own("associateResourceToProfile", { Name: "x", ResourceArn: `arn:aws:ec2:${region}:${hub.id}:vpc/${hub.vpc}` }), "InvalidParameterException", /not of a type/);
    await refused(own("associateResourceToProfile", { Name: "x", ResourceArn: made.rule.Arn, ResourceProperties: "{" }), "InvalidParameterException", /JSON/);
    await refused(hub.profiles("listProfiles", { NextToken: "nonsense" }), "InvalidNextTokenException");
    await refused(hub.profiles("listProfiles", { MaxResults: 101 }), "ValidationException");
    await refused(own("deleteProfile"), "ConflictException", /associated with VPCs/);
    await refused(hub.profiles("listTagsForResource", { ResourceArn: made.profile.Arn.replace(made.profile.Id, UNKNOWN) }), "ResourceNotFoundException");
    const second = (await hub.profiles("createProfile", { Name: "second", ClientToken: randomUUID() })).Profile;
    await refused(hub.profiles("associateProfile", { Name: "x", ProfileId: second.Id, ResourceId: hub.vpc }), "ResourceExistsException", /already associated/);
    assert.equal((await hub.profiles("deleteProfile", { ProfileId: second.Id })).Profile.Status, "DELETED");
  });

  test("an account has a quota of profiles", async () => {
    const ids = [];
    for (let i = 0; i < 5; i++) ids.push((await b.profiles("createProfile", { Name: `p${i}x`, ClientToken: randomUUID() })).Profile.Id);
    await refused(b.profiles("createProfile", { Name: "p5x", ClientToken: randomUUID() }), "LimitExceededException", /max-profiles/);
    const pages = [];
    for (let NextToken; pages.length === 0 || NextToken; ) {
      const page = await b.profiles("listProfiles", { MaxResults: 2, NextToken });
      pages.push(page.ProfileSummaries.length);
      NextToken = page.NextToken;
    }
    assert.deepEqual(pages, [2, 2, 2]); // five of its own and the shared one
    for (const ProfileId of ids) await b.profiles("deleteProfile", { ProfileId });
  });

  test("the end of a share ends what the consumer had of it", async () => {
    await hub.ram.send(new ramapi.DisassociateResourceShareCommand({ resourceShareArn: made.shares.b, principals: [b.id] }));
    assert.equal(await b.dig("web.aws.js100.internal"), "NXDOMAIN");
    assert.equal(await b.dig("web.aws.js200.internal"), "NOERROR 10.0.1.200");
    assert.deepEqual((await b.profiles("listProfileAssociations")).ProfileAssociations, []);
    await refused(b.profiles("getProfile", { ProfileId: made.profile.Id }), "ResourceNotFoundException");
    assert.equal(await a.dig("web.aws.js200.internal"), "NOERROR 10.0.1.200"); // stays until it is taken out
    await hub.profiles("disassociateResourceFromProfile", { ProfileId: made.profile.Id, ResourceArn: made.zoneB });
    assert.equal(await a.dig("web.aws.js200.internal"), "NXDOMAIN");
    await a.ram.send(new ramapi.DisassociateResourceShareCommand({ resourceShareArn: made.shares.a, principals: [a.id] })); // A leaves by itself
    assert.equal(await a.dig("late.corp.internal"), "NXDOMAIN");
    assert.equal(await hub.dig("web.aws.js100.internal"), "NOERROR 10.0.1.100");
    for (const share of Object.values(made.shares)) await hub.ram.send(new ramapi.DeleteResourceShareCommand({ resourceShareArn: share }));
    assert.equal((await hub.profiles("getProfile", { ProfileId: made.profile.Id })).Profile.ShareStatus, "NOT_SHARED");
  });
});
