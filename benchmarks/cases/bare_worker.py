"""Receives and deletes, ten at a time, until it is ended: what no worker of that queue can do without."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import boto3

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

sqs: SQSClient = boto3.client("sqs")
url = os.environ["QUEUE_URL"]
while True:
    messages = sqs.receive_message(
        QueueUrl=url,
        MaxNumberOfMessages=10,
        WaitTimeSeconds=1,
        MessageSystemAttributeNames=["ApproximateReceiveCount", "MessageGroupId"],
        MessageAttributeNames=["All"],
    ).get("Messages", [])
    if messages:
        sqs.delete_message_batch(
            QueueUrl=url,
            Entries=[
                {"Id": str(number), "ReceiptHandle": each["ReceiptHandle"]} for number, each in enumerate(messages)
            ],
        )
