// SPDX-License-Identifier: Apache-2.0
// The unmodified AWS SDK for JavaScript v3 builds the IPv4 architecture with real signatures; DNS shows it; mistakes get the service's errors.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { randomUUID } from "node:crypto";
import { after, before, describe, test } from "node:test";
import * as ec2api from "@aws-sdk/client-ec2";
import * as r53api from "@aws-sdk/client-route-53";
import * as rslvrapi from "@aws-sdk/client-route53resolver";
import { GetCallerIdentityCommand, STSClient } from "@aws-sdk/client-sts";

const endpoint = process.env.B53_URL;
const settings = { endpoint, region: "us-east-1", maxAttempts: 1 };
const ec2 = new ec2api.EC2Client(settings);
const r53 = new r53api.Route53Client(settings);
const rslvr = new rslvrapi.Route53ResolverClient(settings);

const dig = (name, type = "A") =>
  execFileSync("dig", ["-b", "127.10.1.7", "@127.10.0.2", "-p", process.env.B53_DNS_PORT, name, type, "+short", "+tries=1", "+time=3"], { encoding: "utf8" })
    .split("\n").filter(Boolean);

async function refused(promise, name, pattern, status) {
  await assert.rejects(promise, (error) => {
    assert.equal(error.name, name, `${error.name}: ${error.message}`);
    if (pattern) assert.match(error.message, pattern);
    if (status) assert.equal(error.$metadata.httpStatusCode, status);
    assert.match(error.$metadata.requestId ?? "", /^[0-9a-f-]{36}$/);
    return true;
  });
}

const made = {};
const endpointOf = async (Direction, last) =>
  (await rslvr.send(new rslvrapi.CreateResolverEndpointCommand({
    CreatorRequestId: randomUUID(), Name: Direction.toLowerCase(), Direction, SecurityGroupIds: [made.group],
    IpAddresses: made.subnets.map((SubnetId, i) => ({ SubnetId, Ip: `127.10.${i + 1}.${last}` })),
  }))).ResolverEndpoint;

const change = (Action, ResourceRecordSet) =>
  r53.send(new r53api.ChangeResourceRecordSetsCommand({ HostedZoneId: made.zone, ChangeBatch: { Changes: [{ Action, ResourceRecordSet }] } }));
const record = (Name, Type, ...values) => ({ Name, Type, TTL: 60, ResourceRecords: values.map((Value) => ({ Value })) });

describe("the picture", () => {
  before(async () => {
    made.vpc = (await ec2.send(new ec2api.CreateVpcCommand({ CidrBlock: "127.10.0.0/16" }))).Vpc.VpcId;
    await ec2api.waitUntilVpcAvailable({ client: ec2, maxWaitTime: 10, minDelay: 1, maxDelay: 1 }, { VpcIds: [made.vpc] });
    await ec2.send(new ec2api.ModifyVpcAttributeCommand({ VpcId: made.vpc, EnableDnsHostnames: { Value: true } }));
    made.subnets = [];
    for (const i of [1, 2])
      made.subnets.push((await ec2.send(new ec2api.CreateSubnetCommand({ VpcId: made.vpc, CidrBlock: `127.10.${i}.0/24`, AvailabilityZone: `us-east-1${"ab"[i - 1]}` }))).Subnet.SubnetId);
    made.group = (await ec2.send(new ec2api.CreateSecurityGroupCommand({ GroupName: "dns", Description: "dns", VpcId: made.vpc }))).GroupId;
    await ec2.send(new ec2api.AuthorizeSecurityGroupIngressCommand({ GroupId: made.group, IpPermissions: [{ IpProtocol: "udp", FromPort: 53, ToPort: 53, IpRanges: [{ CidrIp: "127.0.0.0/8" }] }] }));
    made.out = await endpointOf("OUTBOUND", 10);
    made.in = await endpointOf("INBOUND", 20);
    made.rule = (await rslvr.send(new rslvrapi.CreateResolverRuleCommand({
      CreatorRequestId: randomUUID(), RuleType: "FORWARD", DomainName: "corp.internal", ResolverEndpointId: made.out.Id, TargetIps: [{ Ip: "127.20.0.53", Port: 5399 }],
    }))).ResolverRule;
    made.association = (await rslvr.send(new rslvrapi.AssociateResolverRuleCommand({ ResolverRuleId: made.rule.Id, VPCId: made.vpc }))).ResolverRuleAssociation;
    const zone = await r53.send(new r53api.CreateHostedZoneCommand({
      Name: "example100.internal", CallerReference: randomUUID(), VPC: { VPCRegion: "us-east-1", VPCId: made.vpc }, HostedZoneConfig: { PrivateZone: true },
    }));
    made.zoneReply = zone;
    made.zone = zone.HostedZone.Id.split("/").pop();
  });

  after(async () => {
    const sets = (await r53.send(new r53api.ListResourceRecordSetsCommand({ HostedZoneId: made.zone }))).ResourceRecordSets;
    for (const s of sets.filter((x) => x.Name !== "example100.internal.")) await change("DELETE", s);
    await r53.send(new r53api.DeleteHostedZoneCommand({ Id: made.zone }));
    await rslvr.send(new rslvrapi.DisassociateResolverRuleCommand({ VPCId: made.vpc, ResolverRuleId: made.rule.Id }));
    await rslvr.send(new rslvrapi.DeleteResolverRuleCommand({ ResolverRuleId: made.rule.Id }));
    for (const e of [made.out, made.in]) await rslvr.send(new rslvrapi.DeleteResolverEndpointCommand({ ResolverEndpointId: e.Id }));
    await refused(rslvr.send(new rslvrapi.GetResolverEndpointCommand({ ResolverEndpointId: made.in.Id })), "ResourceNotFoundException", /does not exist/, 400);
    await ec2.send(new ec2api.DeleteSecurityGroupCommand({ GroupId: made.group }));
    for (const SubnetId of made.subnets) await ec2.send(new ec2api.DeleteSubnetCommand({ SubnetId }));
    await ec2.send(new ec2api.DeleteVpcCommand({ VpcId: made.vpc }));
    await refused(ec2.send(new ec2api.DescribeVpcsCommand({ VpcIds: [made.vpc] })), "InvalidVpcID.NotFound", /does not exist/, 400);
  });

  test("objects have the service's shapes", () => {
    assert.match(made.out.Id, /^rslvr-out-[0-9a-f]{17}$/);
    assert.equal(made.in.Status, "CREATING");
    assert.equal(made.rule.DomainName, "corp.internal.");
    assert.equal(made.rule.TargetIps[0].Port, 5399);
    assert.equal(made.association.Status, "CREATING");
    assert.equal(made.zoneReply.HostedZone.Config.PrivateZone, true);
    assert.equal(made.zoneReply.ChangeInfo.Status.length > 0, true);
    assert.ok(made.zoneReply.ChangeInfo.SubmittedAt instanceof Date);
    assert.match(made.zoneReply.Location, /\/2013-04-01\/hostedzone\/Z[A-Z0-9]+$/);
  });

  test("a record is seen in DNS when the call has returned", async () => {
    for (let i = 1; i <= 20; i++) {
      await change("UPSERT", record("now.example100.internal", "A", `10.0.0.${i}`));
      assert.deepEqual(dig("now.example100.internal"), [`10.0.0.${i}`]);
    }
  });

  test("all record types are taken and served", async () => {
    const values = {
      AAAA: ["2001:db8::1"], CAA: ['0 issue "ca.example"'], DS: ["12345 13 2 " + "AB".repeat(32)], HTTPS: ["1 . alpn=\"h2\""], MX: ["10 mail.example100.internal."],
      NAPTR: ['100 50 "s" "SIP+D2U" "" _sip._udp.example.com.'], NS: ["ns1.example.com."], PTR: ["a.example.com."], SPF: ['"v=spf1 -all"'], SRV: ["1 10 5269 x.example.com."],
      SSHFP: ["1 1 " + "ab".repeat(20)], SVCB: ["1 svc.example.com. port=8443"], TLSA: ["3 1 1 " + "cd".repeat(32)], TXT: ['"one" "two"'], CNAME: ["now.example100.internal."],
    };
    for (const [type, list] of Object.entries(values)) {
      const name = `type-${type.toLowerCase()}.example100.internal`;
      await change("CREATE", record(name, type, ...list));
      const listed = await r53.send(new r53api.ListResourceRecordSetsCommand({ HostedZoneId: made.zone, StartRecordName: name, StartRecordType: type, MaxItems: 1 }));
      assert.deepEqual(listed.ResourceRecordSets[0].ResourceRecords.map((r) => r.Value), list, type);
      if (type !== "NS" && type !== "CNAME") assert.equal(dig(name, type).length, 1, `${type} is not served`);
    }
  });

  test("mistakes get the service's errors", async () => {
    await refused(change("DELETE", record("missing.example100.internal", "A", "10.0.0.1")), "InvalidChangeBatch", /was not found/, 400);
    await refused(rslvr.send(new rslvrapi.CreateResolverRuleCommand({ CreatorRequestId: "x", RuleType: "RECURSIVE", DomainName: "a.b" })), "InvalidRequestException", /RSLVR-00718/, 400);
    await refused(rslvr.send(new rslvrapi.AssociateResolverRuleCommand({ ResolverRuleId: made.rule.Id, VPCId: made.vpc })), "ResourceExistsException", /RSLVR-00704/, 400);
    await refused(rslvr.send(new rslvrapi.ListResolverRulesCommand({ NextToken: "nonsense" })), "InvalidNextTokenException", undefined, 400);
    await refused(r53.send(new r53api.GetHostedZoneCommand({ Id: "ZNOTTHERE" })), "NoSuchHostedZone", /No hosted zone found with ID: ZNOTTHERE/, 404);
    await refused(ec2.send(new ec2api.DeleteVpcCommand({ VpcId: made.vpc })), "DependencyViolation", undefined, 400);
    await refused(ec2.send(new ec2api.CreateSubnetCommand({ VpcId: made.vpc, CidrBlock: "127.10.1.0/24" })), "InvalidSubnet.Conflict", undefined, 400);
  });

  test("a wrong signature and an unknown key are refused", async () => {
    const wrong = { ...settings, credentials: { accessKeyId: process.env.AWS_ACCESS_KEY_ID, secretAccessKey: "wrong" } };
    const unknown = { ...settings, credentials: { accessKeyId: "AKIAUNKNOWNUNKNOWN22", secretAccessKey: "x" } };
    await refused(new STSClient(wrong).send(new GetCallerIdentityCommand({})), "SignatureDoesNotMatch", undefined, 403);
    await refused(new STSClient(unknown).send(new GetCallerIdentityCommand({})), "InvalidClientTokenId", undefined, 403);
    await refused(new rslvrapi.Route53ResolverClient(wrong).send(new rslvrapi.ListResolverRulesCommand({})), "InvalidSignatureException");
    await refused(new ec2api.EC2Client(wrong).send(new ec2api.DescribeVpcsCommand({})), "AuthFailure", undefined, 401);
    await refused(new r53api.Route53Client(unknown).send(new r53api.ListHostedZonesCommand({})), "InvalidClientTokenId", undefined, 403);
  });
});
