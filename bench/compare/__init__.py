"""What bench/run is made of: the servers it compares, and how it judges them."""
