"""How AWS writes the names that it makes up: ARNs and ids of well-known types.

A type that is not here gets an ARN of the usual shape and an id that its pattern allows. Fields in
braces are the resource's properties, or `Place`'s ``partition``, ``region``, ``account`` and
``dns_suffix``, or ``hex8``, ``HEX17``, ``uuid`` and the like, which differ between resources.
Sources: each service's page of
https://docs.aws.amazon.com/service-authorization/latest/reference/.
"""

from __future__ import annotations

ARN = "arn:{partition}:"
HERE = "{region}:{account}:"

FORMATS = {
    "AWS::ApiGatewayV2::Api.ApiId": "{hex10}",
    "AWS::BedrockAgentCore::Runtime.AgentRuntimeId": "runtime-{hex10}",
    "AWS::CloudFront::Distribution.Id": "E{HEX13}",
    "AWS::CloudWatch::Alarm.Arn": ARN + "cloudwatch:" + HERE + "alarm:{AlarmName}",
    "AWS::Cognito::UserPool.UserPoolId": "{region}_{hex10}",
    "AWS::CustomerProfiles::EventStream.EventStreamArn": (
        ARN + "profile:" + HERE + "domains/{DomainName}/event-streams/{EventStreamName}"
    ),
    "AWS::DynamoDB::Table.StreamArn": (
        ARN + "dynamodb:" + HERE + "table/{TableName}/stream/2024-01-01T00:00:00.000"
    ),
    "AWS::DynamoDB::Table.Arn": ARN + "dynamodb:" + HERE + "table/{TableName}",
    "AWS::EC2::Instance.InstanceId": "i-{hex17}",
    "AWS::EC2::InternetGateway.InternetGatewayId": "igw-{hex17}",
    "AWS::EC2::NatGateway.NatGatewayId": "nat-{hex17}",
    "AWS::EC2::RouteTable.RouteTableId": "rtb-{hex17}",
    "AWS::EC2::SecurityGroup.Id": "sg-{hex17}",
    "AWS::EC2::SecurityGroup.GroupId": "sg-{hex17}",
    "AWS::EC2::Subnet.SubnetId": "subnet-{hex17}",
    "AWS::EC2::VPC.VpcId": "vpc-{hex17}",
    "AWS::EC2::Volume.VolumeId": "vol-{hex17}",
    "AWS::ECR::Repository.Arn": ARN + "ecr:" + HERE + "repository/{RepositoryName}",
    "AWS::ECS::Cluster.Arn": ARN + "ecs:" + HERE + "cluster/{ClusterName}",
    "AWS::EKS::Cluster.Arn": ARN + "eks:" + HERE + "cluster/{Name}",
    "AWS::Events::Rule.Arn": ARN + "events:" + HERE + "rule/{Name}",
    "AWS::IAM::Group.Arn": ARN + "iam::{account}:group/{GroupName}",
    "AWS::IAM::InstanceProfile.Arn": ARN + "iam::{account}:instance-profile/{InstanceProfileName}",
    "AWS::IAM::ManagedPolicy.PolicyArn": ARN + "iam::{account}:policy/{ManagedPolicyName}",
    "AWS::IAM::Role.Arn": ARN + "iam::{account}:role/{RoleName}",
    "AWS::IAM::Role.RoleId": "AROA{HEX17}",
    "AWS::IAM::User.Arn": ARN + "iam::{account}:user/{UserName}",
    "AWS::KMS::Key.Arn": ARN + "kms:" + HERE + "key/{KeyId}",
    "AWS::KMS::Key.KeyId": "{uuid}",
    "AWS::Kinesis::Stream.Arn": ARN + "kinesis:" + HERE + "stream/{Name}",
    "AWS::KinesisFirehose::DeliveryStream.Arn": (
        ARN + "firehose:" + HERE + "deliverystream/{DeliveryStreamName}"
    ),
    "AWS::Lambda::Function.Arn": ARN + "lambda:" + HERE + "function:{FunctionName}",
    "AWS::Logs::LogGroup.Arn": ARN + "logs:" + HERE + "log-group:{LogGroupName}:*",
    "AWS::NetworkManager::CoreNetwork.CoreNetworkId": "core-network-{hex17}",
    "AWS::RDS::DBInstance.DBInstanceArn": ARN + "rds:" + HERE + "db:{DBInstanceIdentifier}",
    "AWS::RDS::DBInstance.DBInstanceStatus": "available",
    "AWS::S3::Bucket.Arn": ARN + "s3:::{BucketName}",
    "AWS::S3::Bucket.DomainName": "{BucketName}.s3.{dns_suffix}",
    "AWS::S3::Bucket.DualStackDomainName": "{BucketName}.s3.dualstack.{region}.{dns_suffix}",
    "AWS::S3::Bucket.RegionalDomainName": "{BucketName}.s3.{region}.{dns_suffix}",
    "AWS::S3::Bucket.WebsiteURL": "http://{BucketName}.s3-website-{region}.{dns_suffix}",
    "AWS::SNS::Topic.TopicArn": ARN + "sns:" + HERE + "{TopicName}",
    "AWS::SQS::Queue.Arn": ARN + "sqs:" + HERE + "{QueueName}",
    "AWS::SQS::Queue.QueueUrl": "https://sqs.{region}.{dns_suffix}/{account}/{QueueName}",
    "AWS::SSM::MaintenanceWindow.WindowId": "mw-{hex17}",
    "AWS::SSM::Parameter.Name": "parameter-{hex8}",
    "AWS::SecretsManager::Secret.Id": ARN + "secretsmanager:" + HERE + "secret:{Name}-{hex6}",
    "AWS::StepFunctions::StateMachine.Arn": (
        ARN + "states:" + HERE + "stateMachine:{StateMachineName}"
    ),
}
