"""S3 in memory, for tests."""


class FakeStorage:
    """Buckets in memory; see :class:`cdinfra.aws.storage.Storage`.

    Attributes:
        objects: What was stored, by bucket and key.
        region: Where every bucket is.
    """

    def __init__(self, region: str) -> None:
        self.region = region
        self.objects: dict[tuple[str, str], str] = {}

    def put_template(self, bucket: str, key: str, body: str) -> str:
        """Store a template and return its address."""
        self.objects[bucket, key] = body
        return f"https://s3.example/{bucket}/{key}"

    def get_object(self, bucket: str, key: str) -> bytes | None:
        """Return an object's bytes, or None where there is no such object."""
        body = self.objects.get((bucket, key))
        return None if body is None else body.encode()

    def create_object(self, bucket: str, key: str, body: bytes, *, content_type: str) -> bool:
        """Create an object; False where one is there already, which stays as it is."""
        del content_type
        if (bucket, key) in self.objects:
            return False
        self.objects[bucket, key] = body.decode()
        return True

    def describe_bucket_region(self, bucket: str) -> str:
        """Return the region that every bucket is in."""
        del bucket
        return self.region
