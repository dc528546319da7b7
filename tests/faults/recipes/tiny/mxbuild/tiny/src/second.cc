extern "C" int tiny_loud() { return LOUD; }
