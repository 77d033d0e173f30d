"""The edge: Kafka, Avro, Redis and SQL behind the ports. Vendor exceptions end here."""
