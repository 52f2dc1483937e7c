"""Types of Elastic Load Balancing."""

from __future__ import annotations

from collections.abc import Mapping

from local_aws.launcher.added_types.row import Call, Row, by_properties

LOAD_BALANCING_TYPES: Mapping[str, Row] = {
    "AWS::ElasticLoadBalancingV2::ListenerCertificate": Row(
        service="elbv2",
        create="AddListenerCertificates",
        reference=None,
        delete=Call(operation="RemoveListenerCertificates", arguments=by_properties("ListenerArn", "Certificates")),
        gone=frozenset({"ListenerNotFound"}),
    ),
}
