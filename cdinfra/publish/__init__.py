"""Publishing: an app's templates under a version, to be read and brought up anywhere."""
