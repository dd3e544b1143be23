"""The register of a security (受益権原簿) as people read it: as of a moment, as a file, as of a record date."""
