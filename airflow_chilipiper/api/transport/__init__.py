"""How bytes reach Chili Piper. Both transports call `Departure.leave` before the first byte of a request."""
