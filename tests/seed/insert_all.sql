/*+ create */
INSERT INTO aws.customerprofiles.event_streams (
 DomainName,
 EventStreamName,
 Uri,
 Tags,
 region
)
SELECT 
 '{{ DomainName }}',
 '{{ EventStreamName }}',
 '{{ Uri }}',
 '{{ Tags }}',
 '{{ region }}';
