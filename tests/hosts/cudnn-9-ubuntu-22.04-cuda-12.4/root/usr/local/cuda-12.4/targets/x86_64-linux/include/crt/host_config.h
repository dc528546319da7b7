#if __GNUC__ > 13
