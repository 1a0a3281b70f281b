/*+ delete */
DELETE FROM aws.customerprofiles.event_streams
WHERE data__Identifier = '<DomainName|EventStreamName>'
AND region = 'us-east-1';
