/*+ create */
INSERT INTO aws.customerprofiles.event_streams (
 DomainName,
 EventStreamName,
 Uri,
 region
)
SELECT 
'{{ DomainName }}',
 '{{ EventStreamName }}',
 '{{ Uri }}',
'{{ region }}';
