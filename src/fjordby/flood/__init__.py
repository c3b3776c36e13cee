"""Where does the water go? Sea connection and bluespots, the two instant engines."""
