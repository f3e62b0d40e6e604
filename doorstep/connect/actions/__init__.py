"""What people do with referrals, relationships, circles, measures, endings and case meetings."""
