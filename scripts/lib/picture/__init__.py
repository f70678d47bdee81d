"""What a terminal shows, as cells (`cells`) and as a picture of them (`svg`)."""
