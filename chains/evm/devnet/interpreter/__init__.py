"""py-evm's berlin rules with a faster inner loop: code is translated once into stretches of plain steps."""
