SELECT
region,
domain_name,
event_stream_name,
uri,
event_stream_arn,
tags,
created_at,
state,
destination_details
FROM aws.customerprofiles.event_streams
WHERE region = 'us-east-1';
