"""The network of the ingester: private, out to the feeds; stream, bucket and tables are reached inside AWS."""

from aws_cdk import aws_ec2, aws_iam, aws_logs
from constructs import Construct

from infra.constructs.defaults import Defaults

ADDRESSES = "10.0.0.0/16"


class FeedNetwork(Construct):
    """`vpc` over two zones with one NAT gateway, and `security_group`, which lets nothing in."""

    def __init__(
        self,
        scope: Construct,
        name: str,
        *,
        defaults: Defaults,
    ) -> None:
        super().__init__(scope, name)
        self.vpc = aws_ec2.Vpc(
            self,
            "Vpc",
            ip_addresses=aws_ec2.IpAddresses.cidr(ADDRESSES),
            max_azs=2,
            nat_gateways=1,
            restrict_default_security_group=False,  # would need a custom resource
            gateway_endpoints={
                "S3": aws_ec2.GatewayVpcEndpointOptions(service=aws_ec2.GatewayVpcEndpointAwsService.S3),
                "Tables": aws_ec2.GatewayVpcEndpointOptions(service=aws_ec2.GatewayVpcEndpointAwsService.DYNAMODB),
            },
        )
        self.security_group = aws_ec2.SecurityGroup(
            self,
            "Outbound",
            vpc=self.vpc,
            description="Ingester: out to feeds and AWS, nothing in",
            allow_all_outbound=True,
        )
        endpoint_group = aws_ec2.SecurityGroup(
            self,
            "Endpoints",
            vpc=self.vpc,
            description="Kinesis endpoint: TLS from inside",
            allow_all_outbound=False,
        )
        endpoint_group.add_ingress_rule(aws_ec2.Peer.ipv4(ADDRESSES), aws_ec2.Port.tcp(443), "TLS from inside")
        # Events are nearly all the traffic: a gigabyte costs a quarter of what the NAT gateway takes.
        self.vpc.add_interface_endpoint(
            "Kinesis",
            service=aws_ec2.InterfaceVpcEndpointAwsService.KINESIS_STREAMS,
            security_groups=[endpoint_group],
            open=False,
        )
        logs = aws_logs.LogGroup(
            self,
            "FlowLogs",
            encryption_key=defaults.key,
            retention=defaults.log_days,
            removal_policy=defaults.removal_policy,
        )
        role = aws_iam.Role(self, "FlowLogRole", assumed_by=aws_iam.ServicePrincipal("vpc-flow-logs.amazonaws.com"))
        self.vpc.add_flow_log(
            "Rejected",
            destination=aws_ec2.FlowLogDestination.to_cloud_watch_logs(logs, role),
            traffic_type=aws_ec2.FlowLogTrafficType.REJECT,
        )
